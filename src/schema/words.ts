/** Short text for people: counts, fractions and lists of values that never grow past a line. */

const shown = 5;

export function number(value: number): string {
  return Number.isInteger(value) ? value.toLocaleString('en-US') : String(Number(value.toPrecision(6)));
}

/** `4.1 %`; never rounds something to nothing or to all. */
export function percent(fraction: number): string {
  const value = fraction * 100;
  if (value > 0 && value < 0.01) return 'under 0.01 %';
  if (value < 100 && value > 99.99) return 'over 99.99 %';
  return `${Number(value.toPrecision(value < 10 ? 2 : 3))} %`;
}

export function plural(count: number, word: string, many = `${word}s`): string {
  return `${number(count)} ${count === 1 ? word : many}`;
}

/** A value from the data on one line: cut at 40 code points, what does not print as an escape. */
export function quoted(value: string): string {
  const points = [...value];
  const text = points.length > 40 ? `${points.slice(0, 39).join('')}…` : value;
  return JSON.stringify(text);
}

/** `"ZZ" (12 times, 1.2 %), "Q" (once, 0.1 %) and 7 others`, the most frequent first. */
export function valueList(values: readonly (readonly [string, number])[], total: number): string {
  const ordered = [...values].sort((a, b) => b[1] - a[1]);
  const named = ordered.slice(0, shown).map(([value, count]) => {
    const times = count === 1 ? 'once' : `${number(count)} times`;
    return `${quoted(value)} (${times}${total > 0 ? `, ${percent(count / total)}` : ''})`;
  });
  return joined(named, ordered.length - named.length);
}

/** `AA, DL, UA and 12 others`. */
export function names(values: readonly string[], most = 8): string {
  return joined(values.slice(0, most), values.length - Math.min(most, values.length));
}

function joined(parts: readonly string[], left: number): string {
  return `${parts.join(', ')}${left > 0 ? ` and ${plural(left, 'other')}` : ''}`;
}

/** `from 1 to 5`, `at least 1`, `at most 5`, `any`. */
export function between(
  bounds: { readonly min?: number | string; readonly max?: number | string },
  unit = '',
): string {
  const suffix = unit === '' ? '' : ` ${unit}`;
  const say = (end: number | string) => (typeof end === 'number' ? number(end) : end);
  if (bounds.min !== undefined && bounds.max !== undefined)
    return bounds.min === bounds.max
      ? `exactly ${say(bounds.min)}${suffix}`
      : `from ${say(bounds.min)} to ${say(bounds.max)}${suffix}`;
  if (bounds.min !== undefined) return `at least ${say(bounds.min)}${suffix}`;
  return bounds.max === undefined ? 'any' : `at most ${say(bounds.max)}${suffix}`;
}
