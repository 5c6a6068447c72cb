// Whether compression of chunks would pay: ratios and rates of Zstandard and SHA-256 on 64 KiB chunks, and from them the time to
// push 1 GiB over links of 10 MB/s, 100 MB/s and 1 GB/s with one core for it.
// Usage: node scripts/bench/compression.mjs [FILE...]; without files, a CSV, JSON Lines and random bytes are made.
// ZSTD_WASM and FZSTD name modules to compare, since Node 20 has no Zstandard: @bokuweb/zstd-wasm and fzstd, by their paths.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import zlib from 'node:zlib';
import { randomBytes } from './data.mjs';

const CHUNK = 64 * 1024;
const SAMPLE = 64 * 1024 * 1024;
const LINKS = [10e6, 100e6, 1e9];
const require = createRequire(import.meta.url);

function makeCsv(length) {
  const random = randomBytes(3);
  const rows = [];
  for (let size = 0, id = 0; size < length; id++) {
    const r = random(24);
    const row = `${id},${1.6e9 + id},user${r.readUInt32LE() % 1e6},${['view', 'click', 'buy'][r[4] % 3]},${(r.readUInt32LE(8) / 1e4).toFixed(4)},${r.readInt32LE(12)},${r.toString('hex', 16, 24)},${r[5] % 2 === 0}`;
    rows.push(row);
    size += row.length + 1;
  }
  return Buffer.from(rows.join('\n')).subarray(0, length);
}

function makeJsonLines(length) {
  const rows = makeCsv(length / 2)
    .toString()
    .split('\n');
  const keys = ['id', 'time', 'user', 'event', 'amount', 'delta', 'token', 'flag'];
  const lines = rows.map((row) =>
    JSON.stringify(Object.fromEntries(row.split(',').map((value, at) => [keys[at], value]))),
  );
  return Buffer.from(lines.join('\n')).subarray(0, length);
}

/** Seconds of a core that this process took: of the clock, other work on the machine would take its share. */
const secondsOfCore = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/** @returns what comes out, and bytes of the chunks a second of one core */
function run(chunks, size, work) {
  // What was compiled and allocated by then does not count.
  chunks.slice(0, 64).map(work);
  const start = secondsOfCore();
  const out = chunks.map(work);
  return { out, rate: size / (secondsOfCore() - start) };
}

const codecs = {};
for (const level of [1, 3])
  codecs[`zstd ${level}, Node ${process.version}`] = {
    compress: (chunk) =>
      zlib.zstdCompressSync(chunk, { params: { [zlib.constants.ZSTD_c_compressionLevel]: level } }),
    expand: (chunk) => zlib.zstdDecompressSync(chunk),
  };
if (process.env.ZSTD_WASM !== undefined) {
  const wasm = require(process.env.ZSTD_WASM);
  await wasm.init();
  codecs['zstd 1, WebAssembly'] = {
    compress: (chunk) => wasm.compress(chunk, 1),
    expand: (chunk) => wasm.decompress(chunk),
  };
}
if (process.env.FZSTD !== undefined) {
  const { decompress } = require(process.env.FZSTD);
  codecs['zstd 1, read by JavaScript'] = {
    ...codecs[`zstd 1, Node ${process.version}`],
    expand: (chunk) => decompress(chunk),
  };
}

const files = process.argv.slice(2);
const inputs =
  files.length > 0
    ? files.map((file) => [file, readFileSync(file).subarray(0, SAMPLE)])
    : [
        ['CSV', makeCsv(SAMPLE)],
        ['JSON Lines', makeJsonLines(SAMPLE)],
        ['random bytes', randomBytes(5)(SAMPLE)],
      ];

const mb = (rate) => `${(rate / 1e6).toFixed(0)} MB/s`;
/** Chunks are cut, hashed, perhaps compressed, and sent: the first three share a core, the link works beside them. */
const secondsFor = (rates, link, ratio) =>
  2 ** 30 *
  Math.max(
    rates.reduce((sum, rate) => sum + 1 / rate, 0),
    ratio / link,
  );
console.log(
  `| data | codec | size | compress | expand | ${LINKS.map((link) => `1 GiB at ${mb(link)}`).join(' | ')} |`,
);
console.log('| --- | --- | --- | --- | --- | --- | --- | --- |');
for (const [name, bytes] of inputs) {
  const chunks = Array.from({ length: Math.ceil(bytes.length / CHUNK) }, (_, at) =>
    bytes.subarray(at * CHUNK, (at + 1) * CHUNK),
  );
  // Twice: of the chunk and of the whole file.
  const hash = run(chunks, bytes.length, (chunk) =>
    [0, 1].map(() => createHash('sha256').update(chunk).digest()),
  );
  const plain = LINKS.map((link) => `${secondsFor([hash.rate], link, 1).toFixed(1)} s`);
  console.log(`| ${name} | none | 100 % | hashed at ${mb(hash.rate)} | | ${plain.join(' | ')} |`);
  for (const [codec, { compress, expand }] of Object.entries(codecs)) {
    const packed = run(chunks, bytes.length, compress);
    const size = packed.out.reduce((sum, { length }) => sum + length, 0);
    const expanded = run(packed.out, bytes.length, expand);
    const ratio = size / bytes.length;
    const times = LINKS.map((link) => `${secondsFor([hash.rate, packed.rate], link, ratio).toFixed(1)} s`);
    console.log(
      `| ${name} | ${codec} | ${(100 * ratio).toFixed(0)} % | ${mb(packed.rate)} | ${mb(expanded.rate)} | ${times.join(' | ')} |`,
    );
  }
}
