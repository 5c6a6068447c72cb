// What chunks save on Parquet, with pages as writers cut them and with pages cut by content: bytes stored anew for edited
// versions as a whole object, with varve's chunker, and with one chunk a page.
// Usage: python scripts/bench/parquet-versions.py FOLDER > versions.tsv; node scripts/bench/parquet-chunking.mjs versions.tsv
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadStore } from './store-bundle.mjs';

const work = mkdtempSync(join(tmpdir(), 'varve-parquet-'));
const { findCut, DATA_CHUNKS, isCutByContent, rowGroups, pagesOf } = await loadStore(work);
/** Bytes that a recipe spends on one chunk. */
const BYTES_A_CHUNK = 36;
const WAYS = { 'whole object': wholeObject, chunker: cutByContent, 'one chunk a page': cutByPages };

function* wholeObject(bytes) {
  yield bytes;
}

function* cutByContent(bytes) {
  for (let start = 0; start < bytes.length; ) {
    const end = findCut(bytes, start, bytes.length, DATA_CHUNKS);
    yield bytes.subarray(start, end);
    start = end;
  }
}

async function* cutByPages(bytes) {
  let start = 0;
  for (const { at, length } of await pagesIn(bytes)) {
    // What lies between pages, and the footer behind them, is cut by content.
    if (at > start) yield* cutByContent(bytes.subarray(start, at));
    yield bytes.subarray(at, at + length);
    start = at + length;
  }
  yield* cutByContent(bytes.subarray(start));
}

const reading = (bytes) => async (offset, length) => bytes.subarray(offset, offset + length);

async function pagesIn(bytes) {
  const pages = [];
  for (const group of await rowGroups(reading(bytes), bytes.length))
    for (const column of group) for await (const page of pagesOf(reading(bytes), column)) pages.push(page);
  return pages.sort((a, b) => a.at - b.at);
}

async function chunksOf(bytes, cut) {
  const chunks = new Map();
  let count = 0;
  for await (const chunk of cut(bytes)) {
    chunks.set(createHash('sha256').update(chunk).digest('latin1'), chunk.length);
    count++;
  }
  return { chunks, count };
}

function newShare(base, next, size) {
  let sum = next.count === 1 ? 0 : next.count * BYTES_A_CHUNK;
  for (const [digest, length] of next.chunks) if (!base.chunks.has(digest)) sum += length;
  return `${((100 * sum) / size).toFixed(2)} %`;
}

const bases = new Map();
console.log(
  `| codec | pages | version | ${Object.keys(WAYS).join(' | ')} |\n| --- | --- | --- | --- | --- | --- |`,
);
for (const line of readFileSync(process.argv[2], 'utf8').split('\n')) {
  const [codec, pages, version, path] = line.split('\t');
  if (path === undefined) continue;
  const bytes = readFileSync(path);
  const isKnown = await isCutByContent(reading(bytes), bytes.length);
  if (isKnown !== (pages === 'by content'))
    throw new Error(`${path}: its pages are taken for ${isKnown ? '' : 'not '}cut by content`);
  const cut = await Promise.all(Object.values(WAYS).map((way) => chunksOf(bytes, way)));
  if (version === 'base') {
    bases.set(`${codec} ${pages}`, cut);
    const means = cut.map(({ count }) => `${(bytes.length / count / 1024).toFixed(0)} KiB`);
    console.log(
      `| ${codec} | ${pages} | ${(bytes.length / 1e6).toFixed(1)} MB, mean chunk | ${means.join(' | ')} |`,
    );
    continue;
  }
  const base = bases.get(`${codec} ${pages}`);
  const shares = cut.map((next, at) => newShare(base[at], next, bytes.length));
  console.log(`| ${codec} | ${pages} | ${version} | ${shares.join(' | ')} |`);
}
rmSync(work, { recursive: true, force: true });
