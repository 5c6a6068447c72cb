import { FILE_HEADERS_ONLY, formatPatch, structuredPatch } from 'diff';

/** Beyond this many lines removed and added, the search for the shortest diff costs more than it is worth. */
const MAX_EDITS = 5_000;

/** Makes a unified diff of two texts with three lines of context; `''` if they are equal. O(lines · edits). */
export function lineDiff(before: string, after: string, name: string): string {
  if (before === after) return '';
  const patch = structuredPatch(name, name, before, after, undefined, undefined, {
    context: 3,
    maxEditLength: MAX_EDITS,
  });
  return formatPatch(patch ?? replaced(before, after, name), FILE_HEADERS_ONLY);
}

/** The patch that takes all old lines away and adds all new ones. */
function replaced(before: string, after: string, name: string): ReturnType<typeof structuredPatch> {
  const [old, fresh] = [linesOf(before), linesOf(after)];
  const lines = [...old.map((line) => `-${line}`), ...fresh.map((line) => `+${line}`)];
  const hunk = { oldStart: 1, oldLines: old.length, newStart: 1, newLines: fresh.length, lines };
  return { oldFileName: name, newFileName: name, oldHeader: undefined, newHeader: undefined, hunks: [hunk] };
}

function linesOf(text: string): string[] {
  return text.replace(/\n$/, '').split('\n');
}
