/** Whether a row is null, by the bits that `valid` gives. */
export function isNull(valid: Uint8Array | undefined, row: number): boolean {
  return valid !== undefined && (valid[row >> 3]! & (1 << (row & 7))) === 0;
}
