/** One reader of bytes that come from outside, and what must hold for whatever it is given. */
export interface FuzzTarget {
  /**
   * Reads the input and checks what was read. A VarveError is an answer; whatever else is thrown is a fault.
   * @returns anything; what it holds is not looked at
   */
  readonly read: (input: Buffer) => unknown;
  /** Words of the format, which mutations put in. */
  readonly words?: readonly string[];
  /** The most bytes of an input; 8 KiB by default. */
  readonly maxBytes?: number;
  /** It reads tens of inputs a second and not thousands, as what goes through the engine or a server does. */
  readonly slow?: true;
}

/** For a law that does not hold: an error that is none of varve's own. */
export class LawBroken extends Error {}

export function law(holds: boolean, what: string): asserts holds {
  if (!holds) throw new LawBroken(what);
}

/** Reads a stream to its end. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}
