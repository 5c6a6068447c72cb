const context = 3;
/** Beyond this many cells of the table, what differs is shown as one block. */
const greatestTable = 4_000_000;

type Line = readonly [mark: ' ' | '-' | '+', text: string];

/** A unified diff of two texts with three lines of context, or `''` where they are equal. O(n·m) on the lines that differ. */
export function lineDiff(before: string, after: string, name: string): string {
  if (before === after) return '';
  const lines = compareLines(before.replace(/\n$/, '').split('\n'), after.replace(/\n$/, '').split('\n'));
  return [`--- ${name}`, `+++ ${name}`, ...hunks(lines)].join('\n').concat('\n');
}

/** Every line of both texts once, marked as in both, in `a` only or in `b` only. */
export function compareLines(a: readonly string[], b: readonly string[]): Line[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end])
    end++;
  const middle = differing(a.slice(start, a.length - end), b.slice(start, b.length - end));
  const kept = (line: string): Line => [' ', line];
  return [...a.slice(0, start).map(kept), ...middle, ...a.slice(a.length - end).map(kept)];
}

/** By the table of longest common subsequences. */
function differing(a: readonly string[], b: readonly string[]): Line[] {
  if (a.length * b.length > greatestTable)
    return [...a.map((line): Line => ['-', line]), ...b.map((line): Line => ['+', line])];
  const width = b.length + 1;
  const longest = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number) => longest[i * width + j] as number;
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      longest[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const lines: Line[] = [];
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push([' ', a[i++] as string]);
      j++;
    } else if (i < a.length && (j === b.length || at(i + 1, j) >= at(i, j + 1)))
      lines.push(['-', a[i++] as string]);
    else lines.push(['+', b[j++] as string]);
  }
  return lines;
}

function* hunks(lines: readonly Line[]): Generator<string> {
  const near = lines.map((_, index) =>
    lines.slice(Math.max(0, index - context), index + context + 1).some(([mark]) => mark !== ' '),
  );
  let [old, fresh] = [1, 1];
  for (let index = 0; index < lines.length; ) {
    let end = index;
    while (end < lines.length && near[end]) end++;
    const hunk = lines.slice(index, end);
    const [removed, added] = [
      hunk.filter(([mark]) => mark !== '+').length,
      hunk.filter(([mark]) => mark !== '-').length,
    ];
    if (hunk.length > 0) {
      yield `@@ -${old},${removed} +${fresh},${added} @@`;
      yield* hunk.map(([mark, text]) => `${mark}${text}`);
    }
    old += removed;
    fresh += added;
    index = end;
    for (; index < lines.length && !near[index]; index++, old++, fresh++);
  }
}
