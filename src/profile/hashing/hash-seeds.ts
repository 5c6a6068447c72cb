import { randomInt } from 'node:crypto';

/**
 * Odd multipliers that spread keys over the slots of this process's hash tables. They are random, so that nobody can write
 * data whose keys all meet in one slot; nothing that a profile holds depends on them.
 */
export const HASH_SEEDS = [oddInteger(), oddInteger(), oddInteger()] as const;

function oddInteger(): number {
  return randomInt(2 ** 32) | 1;
}
