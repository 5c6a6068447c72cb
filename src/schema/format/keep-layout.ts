import { compareLines } from './line-diff.ts';

/**
 * Puts the changes from `base` to `updated` into `original`, a text that says the same as `base` in another layout, so
 * that lines without a change stay as the person laid them out. Between two lines that all three have, `updated` stands
 * where it differs from `base`, else `original`.
 */
export function keepLayout(original: string, base: string, updated: string): string {
  const [lines, change] = [base.split('\n'), sideOf(base, updated, (line) => line)];
  const person = sideOf(base, original, withoutSpaces);
  const merged: string[] = [];
  let [mine, theirs, changed]: [string[], string[], boolean] = [[], [], false];
  for (let index = 0; index <= lines.length; index++) {
    const [own, fresh, added] = [person.kept[index], change.kept[index], change.before[index] ?? []];
    mine.push(...(person.before[index] ?? []));
    theirs.push(...added);
    changed ||= added.length > 0 || fresh?.length === 0;
    if (own?.length !== 0 && fresh?.length !== 0) {
      merged.push(...(changed ? theirs : mine), ...(own ?? []));
      [mine, theirs, changed] = [[], [], false];
      continue;
    }
    mine.push(...(own ?? []));
    theirs.push(...(fresh ?? []));
  }
  return merged.join('\n');
}

interface Side {
  /** For each line of the base the line that it is in the other text, or none where it is not there. */
  readonly kept: readonly (readonly string[])[];
  /** What was added before each line of the base, and last, after all. */
  readonly before: readonly (readonly string[])[];
}

function sideOf(base: string, other: string, sameness: (line: string) => string): Side {
  const lines = other.split('\n');
  const kept: string[][] = [];
  const before: string[][] = [[]];
  let at = 0;
  for (const [mark] of compareLines(base.split('\n').map(sameness), lines.map(sameness))) {
    const line = mark === '-' ? [] : lines.slice(at, ++at);
    if (mark === '+') {
      before.at(-1)?.push(...line);
      continue;
    }
    kept.push(line);
    before.push([]);
  }
  return { kept, before };
}

/** A line's indentation and its characters that are no spaces: what a layout of flow collections does not change. */
function withoutSpaces(line: string): string {
  const start = line.search(/\S|$/);
  return line.slice(0, start) + line.slice(start).replaceAll(' ', '');
}
