/**
 * Odd multipliers that spread keys over the slots of this process's hash tables. They are random, so that nobody can write
 * data whose keys all meet in one slot; nothing that a profile holds depends on them, so that nobody sees them either. V8 seeds its own
 * generator from the system's, and loading `node:crypto` for this alone would take each start five milliseconds.
 */
export const HASH_SEEDS = [oddInteger(), oddInteger(), oddInteger()] as const;

function oddInteger(): number {
  return Math.floor(Math.random() * 2 ** 32) | 1;
}
