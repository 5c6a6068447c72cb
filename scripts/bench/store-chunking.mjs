// What content-defined chunking saves, by chunk size: bytes stored anew for edited versions of a CSV and of the same
// table in Parquet, index size at 1 TB, and speed. Usage: node scripts/bench/store-chunking.mjs [MB of the CSV, 300]
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { randomBytes } from './data.mjs';
import { loadStore } from './store-bundle.mjs';

const megabytes = Number(process.argv[2] ?? 300);
const work = mkdtempSync(join(process.env.VARVE_BENCH_DIR ?? tmpdir(), 'varve-chunking-'));
const { findCut } = await loadStore(work);
const chunkSizes = (average) => ({ minimum: average / 4, average, maximum: average * 4 });
/** Bytes that an index and a recipe spend on one chunk. */
const BYTES_A_CHUNK = 44 + 36;

/** Rows of a table that looks like logged events: 8 columns, about 96 bytes a row. */
function makeRows(bytes) {
  const random = randomBytes(3);
  const rows = [];
  for (let size = 0, id = 0; size < bytes; id++) {
    const r = random(24);
    const row = `${id},${1.6e9 + id},user${r.readUInt32LE() % 1e6},${['view', 'click', 'buy'][r[4] % 3]},${(r.readUInt32LE(8) / 1e4).toFixed(4)},${r.readInt32LE(12)},${r.toString('hex', 16, 24)},${r[5] % 2 === 0}`;
    rows.push(row);
    size += row.length + 1;
  }
  return rows;
}

const edited = (row) => row.replace(/^(\d+),\d+/, '$1,9');
const toCsv = (rows) => Buffer.from(`id,time,user,event,amount,delta,token,flag\n${rows.join('\n')}\n`);

function versionsOf(rows) {
  const count = Math.round(rows.length / 1000);
  const middle = Math.round(rows.length / 2);
  const step = Math.floor(rows.length / count);
  return {
    'rows appended: 1 %': [...rows, ...rows.slice(0, rows.length / 100).map(edited)],
    'rows edited, contiguous: 0.1 %': rows.map((row, at) =>
      at >= middle && at < middle + count ? edited(row) : row,
    ),
    'rows edited, scattered: 0.1 %': rows.map((row, at) => (at % step === 7 ? edited(row) : row)),
    'one row inserted at the top': [edited(rows[5]), ...rows],
  };
}

function cut(bytes, average) {
  const sizes = chunkSizes(average);
  const chunks = new Map();
  let count = 0;
  for (let start = 0; start < bytes.length; count++) {
    const end = findCut(bytes, start, bytes.length, sizes);
    chunks.set(createHash('sha256').update(bytes.subarray(start, end)).digest('latin1'), end - start);
    start = end;
  }
  return { chunks, count };
}

function newBytes(base, next) {
  let sum = next.count * 36;
  for (const [digest, length] of next.chunks) if (!base.chunks.has(digest)) sum += length;
  return sum;
}

function speed(bytes, average) {
  const sizes = chunkSizes(average);
  const start = performance.now();
  for (let at = 0; at < bytes.length; ) at = findCut(bytes, at, bytes.length, sizes);
  const seek = performance.now() - start;
  cut(bytes, average);
  const all = performance.now() - start - seek;
  return [seek, all].map((ms) => (bytes.length / 2 ** 30 / (ms / 1000)).toFixed(2));
}

async function toParquet(csv, name) {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const source = join(work, 'rows.csv');
  const target = join(work, name);
  writeFileSync(source, csv);
  const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  await connection.run(`COPY (FROM read_csv('${source}')) TO '${target}' (FORMAT parquet, COMPRESSION zstd)`);
  return readFileSync(target);
}

const percent = (part, whole) => `${((100 * part) / whole).toFixed(2)} %`;

try {
  const rows = makeRows(megabytes * 1e6);
  const base = toCsv(rows);
  const versions = versionsOf(rows);
  console.log(
    `CSV: ${base.length} bytes, ${rows.length} rows. Bytes stored anew, recipe included, as a share of the file:\n`,
  );
  const averages = [16, 64, 256].map((kib) => kib * 1024);
  console.log(
    `| | ${averages.map((average) => `${average / 1024} KiB`).join(' | ')} |\n| --- | --- | --- | --- |`,
  );
  const bases = averages.map((average) => cut(base, average));
  for (const [name, next] of Object.entries(versions)) {
    const csv = toCsv(next);
    const shares = averages.map((average, at) => percent(newBytes(bases[at], cut(csv, average)), csv.length));
    console.log(`| ${name} | ${shares.join(' | ')} |`);
  }
  const mean = bases.map(({ count }) => base.length / count);
  console.log(`| mean chunk (KiB) | ${mean.map((size) => (size / 1024).toFixed(1)).join(' | ')} |`);
  console.log(
    `| index and recipes at 1 TB (MB) | ${mean.map((size) => ((1e12 / size / 1e6) * BYTES_A_CHUNK).toFixed(0)).join(' | ')} |`,
  );
  const speeds = averages.map((average) => speed(base, average));
  console.log(`| finding ends (GiB/s, one core) | ${speeds.map(([seek]) => seek).join(' | ')} |`);
  console.log(`| with SHA-256 of chunks (GiB/s, one core) | ${speeds.map(([, all]) => all).join(' | ')} |`);
  const start = performance.now();
  const sample = base.subarray(0, 32 << 20);
  let deflated = 0;
  for (let at = 0; at < sample.length; at += 65536)
    deflated += deflateSync(sample.subarray(at, at + 65536), { level: 1 }).length;
  const seconds = (performance.now() - start) / 1000;
  console.log(
    `\nzlib level 1 of 64 KiB chunks: ${percent(deflated, sample.length)} of the size, ${(sample.length / 2 ** 30 / seconds).toFixed(2)} GiB/s.`,
  );
  const parquet = await toParquet(base, 'base.parquet');
  console.log(
    `\nThe same table in Parquet (zstd): ${parquet.length} bytes. Stored anew with 64 KiB chunks:\n\n| | share |\n| --- | --- |`,
  );
  for (const [name, next] of Object.entries(versions)) {
    const other = await toParquet(toCsv(next), 'next.parquet');
    console.log(`| ${name} | ${percent(newBytes(cut(parquet, 65536), cut(other, 65536)), other.length)} |`);
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
