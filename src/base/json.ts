/** Tell whether a value of JSON is an object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Tell whether a value of JSON is a count: a whole number, 0 or more. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Levels of objects and lists. Each level of a column takes three, and no engine writes columns of 300 levels. */
const MAX_DEPTH = 1000;

/**
 * Read JSON that a stranger may have written, so that whoever follows its levels by recursion comes to the end of them.
 * @throws SyntaxError unless it is JSON @throws RangeError if it has more than 1,000 levels
 */
export function parseShallow(text: string): unknown {
  const value: unknown = JSON.parse(text);
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) throw new RangeError(`its values have more than ${MAX_DEPTH} levels`);
    const next: unknown[] = [];
    for (const one of level)
      if (typeof one === 'object' && one !== null)
        for (const inner of Object.values(one)) if (typeof inner === 'object') next.push(inner);
    level = next;
  }
  return value;
}

/** JSON of one spelling: equal values give equal text, whatever the order in which their names were set. */
export function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => sortedMembers(member));
}

/** The members of an object in the order of their names; anything else as it is. */
export function sortedMembers(member: unknown): unknown {
  if (member === null || typeof member !== 'object' || Array.isArray(member)) return member;
  const entries = Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1));
  // No prototype: a key named `__proto__` is data like any other.
  const copy: Record<string, unknown> = Object.create(null);
  for (const [key, inner] of entries) copy[key] = inner;
  return copy;
}

/** The objects of a list; none where it is no list. */
export function records(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? (value as unknown[]).filter(isRecord) : [];
}
