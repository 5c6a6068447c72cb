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

/** The objects of a list; none where it is no list. */
export function records(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? (value as unknown[]).filter(isRecord) : [];
}
