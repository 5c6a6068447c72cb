import { diff3MergeRegions, diffIndices } from 'node-diff3';

/**
 * Puts the changes from `base` to `updated` into `original`, a text that says the same as `base` in another layout. Where
 * both differ from `base`, `updated` stands: a three-way merge in which lines are the same if only their inner spaces
 * differ, as they do in flow collections (`[a,b]` and `[ a, b ]`).
 */
export function keepLayout(original: string, base: string, updated: string): string {
  const [person, old, fresh] = [original, base, updated].map((text) => text.split('\n')) as [
    string[],
    string[],
    string[],
  ];
  const [a, o, b] = [person, old, fresh].map((lines) => lines.map(withoutInnerSpaces)) as [
    string[],
    string[],
    string[],
  ];
  const personal = counterparts(o, a);
  return diff3MergeRegions(a, o, b)
    .flatMap((region) => {
      if (!region.stable) return fresh.slice(region.bStart, region.bStart + region.bLength);
      const [start, end] = [region.bufferStart, region.bufferStart + region.bufferLength];
      if (region.buffer === 'a') return person.slice(start, end);
      if (region.buffer === 'b') return fresh.slice(start, end);
      return old.slice(start, end).map((line, at) => person[personal.get(start + at) ?? -1] ?? line);
    })
    .join('\n');
}

/** Maps each line of `base` that `other` has too to its index there. */
function counterparts(base: string[], other: string[]): Map<number, number> {
  const found = new Map<number, number>();
  let [from, to] = [0, 0];
  for (const { buffer1, buffer2 } of [...diffIndices(base, other), end(base, other)]) {
    while (from < buffer1[0]) found.set(from++, to++);
    [from, to] = [buffer1[0] + buffer1[1], buffer2[0] + buffer2[1]];
  }
  return found;
}

function end(base: string[], other: string[]): { buffer1: [number, number]; buffer2: [number, number] } {
  return { buffer1: [base.length, 0], buffer2: [other.length, 0] };
}

/** A line's indentation and its characters that are no spaces. */
function withoutInnerSpaces(line: string): string {
  const start = line.search(/\S|$/);
  return line.slice(0, start) + line.slice(start).replaceAll(' ', '');
}
