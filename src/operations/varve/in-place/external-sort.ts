import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { comparePaths, joinStreams } from '../../../base/files/path-order.ts';

/** Items held in memory at once. */
const RUN = 100_000;
/** Items written at once. */
const BLOCK = 1000;

/**
 * Items of different paths in the order of these, whatever their number: runs of them are sorted in memory, kept in files, and merged.
 * @param folder an empty folder for those files; the items must be what JSON can hold
 */
export async function* sortedByPath<T extends { readonly path: string }>(
  items: AsyncIterable<T>,
  folder: string,
  run = RUN,
): AsyncGenerator<T> {
  const files: string[] = [];
  let held: T[] = [];
  for await (const item of items) {
    held.push(item);
    if (held.length < run) continue;
    const file = join(folder, `${files.length}.jsonl`);
    await writeFile(file, linesOf(held.sort(byPath)));
    files.push(file);
    held = [];
  }
  yield* merged([...files.map((file) => itemsIn<T>(file)), held.sort(byPath)]);
}

function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  return comparePaths(a.path, b.path);
}

/** Write items as lines of JSON, many at a time, since each text is one write. */
function* linesOf(items: readonly unknown[]): Generator<string> {
  for (let from = 0; from < items.length; from += BLOCK) {
    yield items
      .slice(from, from + BLOCK)
      .map((item) => `${JSON.stringify(item)}\n`)
      .join('');
  }
}

async function* itemsIn<T>(path: string): AsyncGenerator<T> {
  const file = await open(path);
  try {
    for await (const line of file.readLines()) yield JSON.parse(line) as T;
  } finally {
    await file.close();
  }
}

/** Pairs of pairs, so that each item passes as few hands as can be. */
async function* merged<T extends { readonly path: string }>(
  runs: readonly (AsyncIterable<T> | Iterable<T>)[],
): AsyncGenerator<T> {
  const [only] = runs;
  if (only === undefined) return;
  if (runs.length === 1) {
    yield* only;
    return;
  }
  const half = runs.length >> 1;
  for await (const pair of joinStreams(merged(runs.slice(0, half)), merged(runs.slice(half)))) {
    for (const item of pair) if (item !== undefined) yield item;
  }
}
