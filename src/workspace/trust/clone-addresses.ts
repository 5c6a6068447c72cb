/** Clones that are there for one command only, by their roots, with the address that consents for them are kept under. */
const ADDRESSES = new Map<string, string>();

/**
 * Keep consents for a clone that only this process knows under the address that it came from: so they hold for the next such clone.
 * @param address without user and password
 * @param root as findRepository has it
 */
export function keepConsentsUnder(address: string, root: string): void {
  ADDRESSES.set(root, address);
}

/** The address that a clone of this process came from; undefined for every other repository. */
export function addressOfClone(root: string): string | undefined {
  return ADDRESSES.get(root);
}
