import { compareLines } from './line-diff.ts';

/**
 * Puts the changes from `base` to `updated` into `original`, a text that says the same as `base` in another layout, so
 * that lines without a change stay as the person laid them out. Between two lines that all three have, `updated` stands
 * where it differs from `base`, else `original`.
 */
export function keepLayout(original: string, base: string, updated: string): string {
  const [lines, person, change] = [base.split('\n'), sideOf(base, original), sideOf(base, updated)];
  const merged: string[] = [];
  let [mine, theirs, changed]: [string[], string[], boolean] = [[], [], false];
  for (let index = 0; index <= lines.length; index++) {
    mine.push(...(person.before[index] ?? []));
    theirs.push(...(change.before[index] ?? []));
    changed ||= (change.before[index] ?? []).length > 0 || (index < lines.length && !change.kept[index]);
    const line = lines.slice(index, index + 1);
    const common = index === lines.length || (person.kept[index] && change.kept[index]);
    if (common) {
      merged.push(...(changed ? theirs : mine), ...line);
      [mine, theirs, changed] = [[], [], false];
    } else {
      if (person.kept[index]) mine.push(...line);
      if (change.kept[index]) theirs.push(...line);
    }
  }
  return merged.join('\n');
}

interface Side {
  /** Whether each line of the base is still there. */
  readonly kept: readonly boolean[];
  /** What was added before each line of the base, and last, after all. */
  readonly before: readonly (readonly string[])[];
}

function sideOf(base: string, other: string): Side {
  const kept: boolean[] = [];
  const before: string[][] = [[]];
  for (const [mark, text] of compareLines(base.split('\n'), other.split('\n'))) {
    if (mark === '+') {
      before.at(-1)?.push(text);
      continue;
    }
    kept.push(mark === ' ');
    before.push([]);
  }
  return { kept, before };
}
