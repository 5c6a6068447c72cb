import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Thread, Threads } from '../../../src/base/threads/worker-threads.ts';
import { WorkerPool } from '../../../src/dvc/objects/worker-pool.ts';
import { profileFiles } from '../../../src/profile/dataset/profile-files.ts';
import { ScanThread } from '../../../src/profile/threads/scan-thread.ts';
import { type Block, BlockCutter, type CutBlock } from '../../../src/store/chunking/block-cutter.ts';
import { DATA_CHUNKS } from '../../../src/store/chunking/chunker.ts';
import type { FilesToRead, SmallFiles } from '../../../src/store/writing/small-files.ts';

/** The threads are those of dist/, asked by the sources. */
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'varve-threads-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function small(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function toRead(files: ReadonlyMap<string, string>): FilesToRead {
  const sizes = Uint32Array.from(files.values(), ({ length }) => length);
  const paths = [...files].map(([name, text]) => small(name, text)).join('\0');
  const memory = new Uint8Array(new SharedArrayBuffer(sizes.reduce((sum, size) => sum + size, 1)));
  return { paths, sizes, memory };
}

test('threads answer as the code that they run would here, each question its own', async () => {
  const threads = new Threads<FilesToRead, SmallFiles>('read-worker');
  const groups = Array.from({ length: 20 }, (_, at) => {
    return toRead(
      new Map([
        [`${at}`, `file ${at}`],
        [`${at}b`, ''],
      ]),
    );
  });
  const answers = await Promise.all(groups.map((group) => threads.ask(group)));
  await threads.close();
  for (const [at, { lengths }] of answers.entries()) {
    const text = `file ${at}`;
    expect([...lengths]).toEqual([text.length, 0]);
    expect(Buffer.from(groups[at]!.memory.slice(0, text.length)).toString()).toBe(text);
  }
});

test('threads start when those before them are busy, one a core', async () => {
  const threads = new Threads<FilesToRead, SmallFiles>('read-worker', { max: 2 });
  expect(threads.count).toBe(Math.min(2, availableParallelism()));
  const asked = [];
  for (let started = 0; started < threads.count; started++) {
    expect(threads.isFree).toBe(true);
    asked.push(threads.ask(toRead(new Map([[`${started}`, 'x']]))));
  }
  expect(threads.isFree).toBe(false);
  await Promise.all(asked);
  expect(threads.isFree).toBe(true);
  await threads.close();
});

test('one thread keeps the state of a file from block to block', async () => {
  const bytes = Uint8Array.from({ length: 3_000_000 }, (_, at) => (at * 2654435761) >>> 24);
  const blocks = (): Block[] =>
    [0, 1, 2].map((part) => {
      const buffer = new Uint8Array(DATA_CHUNKS.maximum + 1_000_000);
      buffer.set(bytes.subarray(part * 1_000_000, (part + 1) * 1_000_000), DATA_CHUNKS.maximum);
      return { buffer, start: DATA_CHUNKS.maximum, end: buffer.length, isLast: part === 2 };
    });
  const cutter = new BlockCutter('chunks');
  const here = blocks().map((block) => cutter.cut(block));
  const thread = new Thread<Block, CutBlock>('cut-worker', 'chunks');
  const there = await Promise.all(blocks().map((block) => thread.ask(block)));
  await thread.close();
  expect(there).toEqual(here);
  expect(here.flatMap(({ lengths }) => [...lengths]).length).toBeGreaterThan(3);
});

test('a job that fails says why, and those beside it are done', async () => {
  const pool = new WorkerPool();
  const path = small('there', 'content');
  const hash = (file: string) => pool.run({ kind: 'hash', path: file, hash: 'md5' });
  const jobs = [
    hash(path),
    hash(join(folder, 'not there')),
    ...Array.from({ length: 100 }, () => hash(path)),
  ];
  const [first, second, ...others] = await Promise.allSettled(jobs);
  await pool.close();
  expect(first).toMatchObject({ status: 'fulfilled' });
  expect(second).toMatchObject({
    status: 'rejected',
    reason: { name: 'VarveError', remedy: expect.any(String) },
  });
  for (const other of others) expect(other).toEqual(first);
});

test('a thread that cannot start, or ends, fails what it was asked', async () => {
  const missing = new Thread<string, string>('no-such-worker');
  await expect(missing.ask('?')).rejects.toThrow(/no-such-worker/);
  await expect(missing.ask('again')).rejects.toThrow('ended');
  const ended = new Thread<FilesToRead, SmallFiles>('read-worker');
  await ended.end();
  await expect(ended.ask(toRead(new Map()))).rejects.toThrow('ended');
  await missing.end();
});

test('an error that is none of varve’s comes with its trace', async () => {
  const thread = new Thread<unknown, unknown>('read-worker');
  await expect(thread.ask('no list of files')).rejects.toThrow(/readSmallFiles/);
  await thread.close();
});

test('a thread that scans says that it could not, and gives back its engine', async () => {
  const file = join(folder, 'damaged.parquet');
  writeFileSync(file, 'no Parquet');
  const files = [{ absolutePath: file, path: 'damaged.parquet' }];
  const thread = new ScanThread({ files, slice: undefined, readings: undefined, engine: { threads: 1 } });
  const rows = { from: 'nothing', leaves: [] };
  expect(await thread.scan(rows, () => undefined)).toBeUndefined();
  await thread.close();
  await expect(profileFiles([{ ...files[0]!, size: 10 }])).rejects.toMatchObject({ name: 'VarveError' });
});
