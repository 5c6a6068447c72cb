// Seeded data for the benchmarks: the same bytes on every machine.

import { createCipheriv } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Pseudo-random bytes: AES-128-CTR over zeros, keyed by the seed. */
export function randomBytes(seed) {
  const key = Buffer.alloc(16);
  key.writeUInt32BE(seed);
  const cipher = createCipheriv('aes-128-ctr', key, Buffer.alloc(16));
  return (length) => cipher.update(Buffer.alloc(length));
}

/** One file of `mib` MiB. */
export function makeLargeFile(folder, mib) {
  mkdirSync(folder, { recursive: true });
  const next = randomBytes(1);
  const file = openSync(join(folder, 'large.bin'), 'w');
  for (let written = 0; written < mib; written++) writeSync(file, next(1 << 20));
  closeSync(file);
  return { id: 'large', name: `1 file of ${mib} MiB`, path: folder };
}

/** A CSV file of about `mib` MiB: ids, numbers, categories and words. */
export function makeTable(path, mib) {
  const next = randomBytes(3);
  const file = openSync(path, 'w');
  writeSync(file, 'id,x,y,category,word\n');
  for (let id = 0, written = 0; written < mib << 20; ) {
    const lines = Array.from({ length: 10_000 }, () => {
      const bytes = next(8);
      const [x, y] = [bytes.readUInt16LE() / 100, bytes.readUInt32LE(2)];
      return `${id++},${x},${y},c${bytes[6] % 50},word-${bytes.toString('hex', 2, 6)}\n`;
    });
    written += writeSync(file, lines.join(''));
  }
  closeSync(file);
}

/** `count` files of 4 to 12 KiB in folders of 1,000. */
export function makeSmallFiles(folder, count) {
  const next = randomBytes(2);
  for (let index = 0; index < count; index++) {
    const inside = join(folder, `d${String(Math.floor(index / 1000)).padStart(3, '0')}`);
    if (index % 1000 === 0) mkdirSync(inside, { recursive: true });
    const size = 4096 + (next(2).readUInt16BE() % 8193);
    writeFileSync(join(inside, `f${String(index).padStart(6, '0')}.bin`), next(size));
  }
  return { id: 'many', name: `${count} files of 4–12 KiB`, path: folder };
}

/** In SQL, a random-looking integer below `end`, of the number `i` of a row and a seed. */
export const random = (seed, end) => `(hash(i * 64 + ${seed}) % ${end})`;

const kinds = [
  (seed) => `${random(seed, 1_000_000)} / 1000.0::DOUBLE`,
  (seed) => `${random(seed, 10 ** (1 + (seed % 6)))}::BIGINT`,
  (seed) => `'v' || ${random(seed, 10 ** (1 + (seed % 5)))}`,
  (seed) => `ln(1 + ${random(seed, 1_000_000)})`,
];

/** In SQL, columns c0, c1, …: a quarter each of doubles, integers, texts and logarithms. */
export function mixedColumns(count) {
  return Array.from({ length: count }, (_, index) => `${kinds[index % 4](index)} AS c${index}`).join(', ');
}
