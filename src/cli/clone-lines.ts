import type { KnownClone } from '../operations/backend/results.ts';

const ID_LENGTH = 8;
const DAY_MS = 86_400_000;

/** `ann@laptop:work (3f2a91c0)`, or the whole id of a clone that left no name. It may hold anything. */
export function cloneCalled({ clone, name, isThis }: KnownClone): string {
  const called = name === null ? clone : `${name} (${clone.slice(0, ID_LENGTH)})`;
  return isThis ? `${called} (this one)` : called;
}

/** `seen from 2026-01-05 to 2026-11-27` */
export function cloneSeen({ firstSeen, lastSeen }: KnownClone): string {
  const [first, last] = [firstSeen.slice(0, 10), lastSeen.slice(0, 10)];
  return first === last ? `seen ${last}` : `seen from ${first} to ${last}`;
}

/** The rule by which clones expire on a remote. @param expiryMs null for never */
export function expiryRule(expiryMs: number | null): string {
  if (expiryMs === null) return 'However long a clone was not seen, it holds what it pushed.';
  const days = Number((expiryMs / DAY_MS).toFixed(1));
  return `A clone that was not seen for ${days === 1 ? '1 day' : `${days} days`} holds nothing any more.`;
}
