import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import {
  Field,
  FixedSizeList,
  Int8,
  makeData,
  Null,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  tableFromArrays,
  tableToIPC,
  Utf8,
} from 'apache-arrow';
import { describe, expect, test, vi } from 'vitest';
import { processOwner } from '../../src/base/files/process-owner.ts';
import { profileDirectory } from '../../src/profile/dataset/profile-directory.ts';
import { profileFiles } from '../../src/profile/dataset/profile-files.ts';
import { memoryBytes, processLimit } from '../../src/profile/reading/limits.ts';
import { processReader } from '../../src/profile/reading/process-reader.ts';
import { ReaderEnded, ReaderProcess } from '../../src/profile/reading/reader-process.ts';
import { avro, avroBlock, avroHead, recordOf } from '../support/avro.ts';
import { message, tfRecords } from '../support/proto.ts';
import { BINARY } from '../support/sandbox.ts';
import { dictionaryPage, parquetFile, plainTexts, runPage } from '../support/thrift-parquet.ts';
import { dataFiles, folder } from './profiling.ts';

const isLinux = process.platform === 'linux';
const MIB = 2 ** 20;

function profileOf(name: string, content: string | Uint8Array, signal?: AbortSignal) {
  return processReader.profileFiles(dataFiles({ [name]: content }), signal === undefined ? {} : { signal });
}

function isRunning(pid: number): boolean {
  try {
    return !/^\S+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** The reading processes of a process, and the most that they ever had in memory. */
function readers(parent = process.pid): { pid: number; peak: number }[] {
  const path = `/proc/${parent}/task/${parent}/children`;
  if (!existsSync(path)) return [];
  const found: { pid: number; peak: number }[] = [];
  for (const pid of readFileSync(path, 'utf8').trim().split(' ').map(Number)) {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('reader-process')) continue;
      const [, kib] = /VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
      found.push({ pid, peak: Number(kib ?? 0) * 1024 });
    } catch {
      // It ended meanwhile.
    }
  }
  return found;
}

/** What work ends with, and the most memory that a reading process had meanwhile. */
async function watched(work: Promise<unknown>): Promise<{ error: unknown; peak: number }> {
  let peak = 0;
  const look = setInterval(() => {
    for (const reader of readers()) peak = Math.max(peak, reader.peak);
  }, 10);
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  clearInterval(look);
  return { error, peak };
}

describe('values that are nested too deeply', () => {
  test('brackets by the hundred thousand, in a line that is named', async () => {
    const deep = `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    await expect(profileOf('a.jsonl', `{"a":[]}\n${deep}\n`)).rejects.toMatchObject({
      code: 'data-too-deep',
      message: expect.stringContaining('a.jsonl, line 2'),
    });
    await expect(profileOf('a.json', `[${deep}]`)).rejects.toMatchObject({ code: 'data-too-deep' });
    await expect(profileOf('a.jsonl.gz', gzipSync(`${deep}\n`))).rejects.toMatchObject({
      code: 'data-too-deep',
    });
  });

  test('objects, of which a kilobyte ran for minutes', async () => {
    await expect(profileOf('a.jsonl', `${'{"a":'.repeat(500)}1${'}'.repeat(500)}\n`)).rejects.toMatchObject({
      code: 'data-too-deep',
    });
  });

  test('brackets in texts are no nesting, and what is nested a hundred levels deep is read', async () => {
    const lines = [JSON.stringify({ a: '['.repeat(1000) }), JSON.stringify({ a: `\\"${'{'.repeat(500)}` })];
    expect((await profileOf('a.jsonl', `${lines.join('\n')}\n`)).tables[0]!.rows).toBe(2);
    expect((await profileOf('b.jsonl', `${'{"a":'.repeat(100)}1${'}'.repeat(100)}\n`)).tables[0]!.rows).toBe(
      1,
    );
  });
});

describe('files that say they are larger than they are', () => {
  test('Parquet: a dictionary of hundreds of millions of texts', async () => {
    const pages = [dictionaryPage(plainTexts('x'), 400_000_000), runPage(2000)];
    const { error, peak } = await watched(profileOf('a.parquet', parquetFile(pages, 2000)));
    expect(error).toMatchObject({
      path: 'a.parquet',
      code: expect.stringMatching(/engine-memory|table-unreadable/),
    });
    if (isLinux) expect(peak).toBeLessThan(processLimit(memoryBytes(undefined)));
  });

  test('Parquet: a page of two gigabytes, of which there are a few bytes', async () => {
    const pages = [dictionaryPage(Buffer.from('28b52ffd2000010000', 'hex'), 1, 2 ** 31 - 1), runPage(2)];
    await expect(profileOf('a.parquet', parquetFile(pages, 2, 6))).rejects.toMatchObject({
      code: expect.stringMatching(/engine-memory|table-unreadable/),
      path: 'a.parquet',
    });
  });

  const arrow = (data: ReturnType<typeof makeData>, name = 'v') => {
    const schema = new Schema([new Field(name, data.type, true)]);
    const whole = makeData({
      type: new Struct(schema.fields),
      length: data.length,
      nullCount: 0,
      children: [data],
    });
    return RecordBatchStreamWriter.writeAll([new RecordBatch(schema, whole as never)]).toUint8Array(true);
  };

  test('Arrow: nulls by the billion, lists without elements, offsets that go back', async () => {
    const nulls = makeData({ type: new Null(), length: 2 ** 31 - 1 });
    const element = new Field('e', new Int8(), true);
    const lists = makeData({
      type: new FixedSizeList(2 ** 30, element),
      length: 4,
      nullCount: 0,
      child: makeData({ type: new Int8(), length: 4, data: new Int8Array(4) }),
    });
    const texts = makeData({
      type: new Utf8(),
      length: 4,
      nullCount: 0,
      valueOffsets: Int32Array.of(0, 8, 0, 8, 0),
      data: Buffer.from('abcdefgh'),
    });
    for (const data of [nulls, lists, texts] as ReturnType<typeof makeData>[]) {
      const { error, peak } = await watched(profileOf('a.arrow', arrow(data)));
      expect(error).toMatchObject({ code: 'table-unreadable', path: 'a.arrow' });
      if (isLinux) expect(peak).toBeLessThan(512 * MIB);
    }
  });
});

describe('records that expand', () => {
  const one = (type: unknown) => recordOf({ v: type });

  test('Avro: blocks that a few bytes make gigabytes of, and lists of nulls by the million', async () => {
    const zeros = deflateRawSync(Buffer.alloc(300 * MIB), { level: 1 });
    const nulls = { type: 'array', items: ['null', 'long'] };
    const many = deflateRawSync(
      Buffer.concat([avro.long(100 * MIB), Buffer.alloc(100 * MIB), Buffer.from([0])]),
      { level: 1 },
    );
    for (const [schema, block, code] of [
      [one('bytes'), zeros, /table-unreadable/],
      [one(nulls), many, /engine-memory|table-unreadable/],
    ] as const) {
      const file = Buffer.concat([avroHead(schema, 'deflate'), avroBlock(1, block)]);
      // With a limit that was asked for, no second attempt gets more.
      const { error, peak } = await watched(
        processReader.profileFiles(dataFiles({ 'a.avro': file }), { memory: '512MB' }),
      );
      expect(error).toMatchObject({ code: expect.stringMatching(code), path: 'a.avro' });
      if (isLinux) expect(peak).toBeLessThan(processLimit(memoryBytes(undefined)));
    }
  });

  test('TFRecord: zeros by the gigabyte, a tensor of millions from a few bytes', async () => {
    const tensor = { 1: 9, 2: { 2: [{ 1: 2 ** 30 }] }, 10: [1] };
    const log = tfRecords(message({ 6: { 1: { 1: { 1: 'm' }, 2: { 1: 'x', 2: tensor } } } }));
    for (const bytes of [gzipSync(Buffer.alloc(1024 * MIB), { level: 1 }), log]) {
      const { error, peak } = await watched(profileOf('a.tfrecord', bytes));
      expect(error).toMatchObject({ code: 'table-unreadable', path: 'a.tfrecord' });
      if (isLinux) expect(peak).toBeLessThan(processLimit(memoryBytes(undefined)));
    }
  });
});

describe('lines that never end', () => {
  const zeros = gzipSync(Buffer.alloc(200 * MIB), { level: 1 });
  const line = gzipSync(Buffer.concat([Buffer.from('{"a":"'), Buffer.alloc(200 * MIB, 'x')]), { level: 1 });

  test('of delimited text, plain and compressed', async () => {
    await expect(profileOf('a.csv.gz', zeros)).rejects.toMatchObject({
      message: 'a.csv.gz: a line is longer than 32 MiB',
    });
    await expect(profileOf('a.csv', Buffer.alloc(64 * MIB, 'x'))).rejects.toMatchObject({
      message: 'a.csv: a line is longer than 32 MiB',
    });
  });

  test('of JSON Lines', async () => {
    await expect(profileOf('a.jsonl.gz', line)).rejects.toMatchObject({ code: 'table-unreadable' });
  });
});

describe('names that hold a NUL', () => {
  test.each([
    ['a.jsonl', '{"a\\u0000b": 1, "c": 2}\n'],
    ['a.json', '[{"s": [{"a\\u0000b": 1}]}]'],
    ['a.arrow', tableToIPC(tableFromArrays({ 'a\0b': [1, 2] }))],
  ])('are refused in a sentence that names the file: %s', async (name, content) => {
    await expect(profileOf(name, content)).rejects.toMatchObject({
      code: 'table-unreadable',
      message: expect.stringContaining(`${name}: a NUL is in the name of`),
    });
  });
});

test('an Arrow footer that calls the schema a batch is refused, not read for ever', async () => {
  const table = tableFromArrays({ a: [1, 2] });
  const file = Buffer.from(tableToIPC(table, 'file'));
  // This writer puts the first batch where other writers have the schema, as the stream has it: behind the magic of eight bytes.
  const footer = file.subarray(file.length - 10 - file.readInt32LE(file.length - 10));
  const content = Buffer.concat([file.subarray(0, 8), tableToIPC(table, 'stream'), footer]);
  await expect(profileOf('a.arrow', content)).rejects.toMatchObject({
    code: 'table-unreadable',
    message: 'a.arrow: it is cut or damaged, or not Arrow',
  });
});

describe('what is wrong with a file of a binary format is said in words of varve', () => {
  const parquetOf = (name: string) => {
    const whole = parquetFile([dictionaryPage(plainTexts('x'), 1), runPage(2)], 2);
    return (change: (bytes: Buffer) => Buffer) => profileOf(name, change(Buffer.from(whole)));
  };
  const isDamaged = (name: string, format: string) => ({
    code: 'table-unreadable',
    path: name,
    message: `${name}: it is cut or damaged, or not ${format}`,
  });

  test('Parquet: cut, damaged, empty, something else', async () => {
    const profile = parquetOf('a.parquet');
    await expect(profile((bytes) => bytes)).resolves.toMatchObject({ tables: [{ rows: 2 }] });
    const changes: ((bytes: Buffer) => Buffer)[] = [
      (bytes) => bytes.subarray(0, -20),
      (bytes) => Buffer.concat([bytes.subarray(0, 4), Buffer.alloc(20, 0xff), bytes.subarray(24)]),
      (bytes) => Buffer.concat([bytes.subarray(0, -40), Buffer.alloc(20, 0xff), bytes.subarray(-20)]),
      () => Buffer.alloc(0),
      () => Buffer.from('a,b\n1,2\n'.repeat(10)),
    ];
    for (const change of changes)
      await expect(profile(change)).rejects.toMatchObject(isDamaged('a.parquet', 'Parquet'));
  });

  test('Parquet: a column whose name is not UTF-8, alone and beside others', async () => {
    // The name stands in the schema and in the column of the row group.
    const misnamed = (bytes: Buffer) =>
      Buffer.from(bytes.toString('latin1').replaceAll('\x01s', '\x01\xff'), 'latin1');
    const message = expect.stringMatching(/\.parquet: a text or the name of a column in it is not UTF-8$/);
    await expect(parquetOf('a.parquet')(misnamed)).rejects.toMatchObject({
      code: 'table-unreadable',
      message,
    });
    const bytes = misnamed(parquetFile([dictionaryPage(plainTexts('x'), 1), runPage(2)], 2));
    const files = dataFiles({ 'a.parquet': bytes, 'b.parquet': bytes });
    await expect(processReader.profileFiles(files, {})).rejects.toMatchObject({ message });
    const rows = processReader
      .openRows([{ files, constants: [] }], {})
      .then((table) => table.ask('true', '1'));
    await expect(rows).rejects.toMatchObject({ message });
  });

  test('Parquet: encrypted', async () => {
    const path = join(folder(), 'a.parquet');
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    for (const sql of [
      "SET force_mbedtls_unsafe = 'true'",
      "PRAGMA add_parquet_key('key', '0123456789abcdef')",
      `COPY (SELECT 1 AS a) TO '${path}' (FORMAT parquet, ENCRYPTION_CONFIG {footer_key: 'key'})`,
    ])
      await connection.run(sql);
    await expect(profileOf('a.parquet', readFileSync(path))).rejects.toMatchObject({
      code: 'table-unreadable',
      message: 'a.parquet: it is encrypted, and varve has no keys',
    });
  });

  test('Arrow: cut, damaged, empty, something else', async () => {
    const whole = Buffer.from(tableToIPC(tableFromArrays({ a: [1, 2], b: ['x', 'y'] }), 'file'));
    await expect(profileOf('a.arrow', whole)).resolves.toMatchObject({ tables: [{ rows: 2 }] });
    for (const bytes of [
      whole.subarray(0, -30),
      Buffer.concat([whole.subarray(0, 24), Buffer.alloc(40, 0xff), whole.subarray(64)]),
      Buffer.alloc(0),
      Buffer.from('a,b\n1,2\n'.repeat(10)),
    ])
      await expect(profileOf('a.arrow', bytes)).rejects.toMatchObject(isDamaged('a.arrow', 'Arrow'));
  });
});

describe('the reading process', () => {
  const enough = processLimit(memoryBytes('512MB'));
  const job = (content: string) => ({ files: dataFiles({ 'a.csv': content }), options: { memory: '512MB' } });

  test('finds what this process finds, and leaves no folder behind', async () => {
    // Of this process alone: others read beside it.
    const folders = () =>
      readdirSync(tmpdir()).filter((name) => name.startsWith(`varve-engine-${processOwner()}-`)).length;
    const before = folders();
    const files = dataFiles({ 'y=1/a.csv': 'id,x\n1,2.5\n2,\n', 'y=2/a.csv': 'id,x\n3,4.5\n', 'b.txt': 'b' });
    const reader = new ReaderProcess(enough);
    // Named after its owner, so that nobody else takes it for abandoned.
    expect(folders()).toBeGreaterThan(before);
    reader.end();
    await expect(reader.ask('profile', { files, options: {} })).rejects.toBeInstanceOf(ReaderEnded);
    expect(folders()).toBeLessThanOrEqual(before);
    const { tables } = await profileDirectory(files, processReader);
    expect(tables.map(({ name, rows }) => [name, rows])).toEqual([
      ['', 3],
      ['.files', 3],
    ]);
    expect(tables[0]!.features.map(({ path }) => path[0])).toEqual(['id', 'x', 'y']);
    const [file] = files;
    expect(await processReader.profileFiles([file!], {})).toEqual(await profileFiles([file!], {}));
  });

  test('an abort ends it at once, with its folder', async () => {
    const controller = new AbortController();
    const rows = Array.from({ length: 400_000 }, (_, index) => `${index},text ${index}`).join('\n');
    const files = dataFiles({ 'a.csv': `id,t\n${rows}\n` });
    const work = processReader.profileFiles(files, { signal: controller.signal });
    await wait(150);
    controller.abort(new Error('enough'));
    await expect(work).rejects.toThrow('enough');
    const again = new AbortController();
    const bounded = processReader.profileFiles(files, { signal: again.signal, memory: '512MB' });
    setImmediate(() => again.abort(new Error('enough of this too')));
    await expect(bounded).rejects.toThrow('enough of this too');
    await expect(processReader.profileFiles(dataFiles({ 'b.csv': 'a\n1\n' }), {})).resolves.toMatchObject({
      tables: [{ rows: 1 }],
    });
  });

  test.skipIf(!isLinux)(
    'one that is killed is told of with the file that it read, and the next work goes on (skipped on what is not Linux)',
    async () => {
      const rows = Array.from({ length: 400_000 }, (_, index) => `${index},text ${index}`).join('\n');
      const work = processReader.profileFiles(dataFiles({ 'a.csv': `id,t\n${rows}\n` }), { memory: '512MB' });
      await wait(100);
      const ended = expect(work).rejects.toMatchObject({ code: 'reader-crashed', path: 'a.csv' });
      for (const { pid } of readers()) process.kill(pid, 'SIGSEGV');
      await ended;
      expect((await profileOf('b.csv', 'a\n1\n')).tables[0]!.rows).toBe(1);
    },
  );

  test.skipIf(!isLinux)(
    'one that the system kills over a small file is followed by another, which reads it (skipped on what is not Linux)',
    async () => {
      const rows = Array.from({ length: 30_000 }, (_, index) => `${index},text ${index}`).join('\n');
      const files = dataFiles({ 'a.csv': `id,t\n${rows}\n` });
      const before = new Set(readers().map(({ pid }) => pid));
      const work = processReader.profileFiles(files, { memory: '514MB' });
      const { pid } = await vi.waitFor(
        () => {
          const reader = readers().find(({ pid }) => !before.has(pid));
          expect(reader).toBeDefined();
          return reader!;
        },
        { timeout: 30_000 },
      );
      process.kill(pid, 'SIGKILL');
      expect((await work).tables[0]!.rows).toBe(30_000);
      expect(isRunning(pid)).toBe(false);
    },
  );

  test('has no variables of the environment but those it needs, and no handler of signals in this process', async () => {
    const before = process.listenerCount('SIGINT') + process.listenerCount('SIGTERM');
    process.env.VARVE_TEST_SECRET = 'hidden';
    try {
      await profileOf('a.csv', 'a\n1\n');
      for (const { pid } of readers())
        expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain('VARVE_TEST_SECRET');
    } finally {
      delete process.env.VARVE_TEST_SECRET;
    }
    expect(process.listenerCount('SIGINT') + process.listenerCount('SIGTERM')).toBe(before);
  });

  test('where the system sets no limit, it watches itself', async () => {
    const reader = new ReaderProcess(60 * MIB, false);
    const rows = Array.from({ length: 400_000 }, (_, index) => `${index},text ${index}`).join('\n');
    await expect(reader.ask('profile', job(`id,t\n${rows}\n`))).rejects.toBeInstanceOf(ReaderEnded);
  });

  test.skipIf(!isLinux)(
    'one that says nothing for ten minutes is ended, and told of with its file (skipped on what is not Linux)',
    async () => {
      const turns = async (count: number) => {
        for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
      };
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      try {
        const rows = Array.from({ length: 400_000 }, (_, index) => `${index},text ${index}`).join('\n');
        const files = dataFiles({ 'a.csv': `id,t\n${rows}\n` });
        // One of its own, which no earlier test has used.
        const before = new Set(readers().map((reader) => reader.pid));
        const work = processReader.profileFiles(files, { memory: '513MB' });
        const ended = expect(work).rejects.toMatchObject({ code: 'reader-stalled', path: 'a.csv' });
        let pid: number | undefined;
        while (pid === undefined) {
          await turns(1);
          pid = readers().find((reader) => !before.has(reader.pid))?.pid;
        }
        process.kill(pid, 'SIGSTOP');
        // What it said before is heard by then.
        await turns(100);
        vi.advanceTimersByTime(10 * 60 * 1000 - 1);
        await turns(100);
        expect(existsSync(`/proc/${pid}`)).toBe(true);
        vi.advanceTimersByTime(1);
        await ended;
        expect(readers().map((reader) => reader.pid)).not.toContain(pid);
      } finally {
        vi.useRealTimers();
      }
    },
  );

  test.skipIf(!isLinux)(
    'one whose parent is killed ends, though its work hears of nothing (skipped on what is not Linux)',
    async () => {
      // A few kilobytes that say they hold two billion nulls, which are taken one by one without a pause.
      const length = 2 ** 24;
      const columns = Array.from({ length: 128 }, (_, index) => new Field(`c${index}`, new Null(), true));
      const children = columns.map(() => makeData({ type: new Null(), length }));
      const schema = new Schema(columns);
      const whole = makeData({ type: new Struct(columns), length, nullCount: 0, children });
      const bytes = RecordBatchStreamWriter.writeAll([new RecordBatch(schema, whole as never)]).toUint8Array(
        true,
      );
      const path = join(folder(), 'a.arrow');
      writeFileSync(path, bytes);
      const command = spawn(process.execPath, [BINARY, 'profile', path], { stdio: 'ignore' });
      const readerOf = () => readers(command.pid!)[0]?.pid;
      while (readerOf() === undefined) await wait(10);
      const pid = readerOf()!;
      // Its own time of the processor, in hundredths of a second: beyond this it is at those nulls.
      while (Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[13]) < 200) await wait(10);
      command.kill('SIGKILL');
      while (isRunning(pid)) await wait(10);
    },
  );

  test.skipIf(!isLinux)(
    'where the system does, it is the limit of the process (skipped on what is not Linux)',
    async () => {
      const reader = new ReaderProcess(enough);
      await reader.ask('profile', job('a\n1\n'));
      const { pid } = readers().at(-1)!;
      const [, data] = /Max data size\s+(\d+)/.exec(readFileSync(`/proc/${pid}/limits`, 'utf8')) ?? [];
      expect(Number(data)).toBe(Math.floor(enough / 1024) * 1024);
      reader.end();
    },
  );

  test('sizes of memory', () => {
    expect(memoryBytes(undefined)).toBe(512e6);
    expect([memoryBytes('2GB'), memoryBytes('1.5 GiB'), memoryBytes('100b')]).toEqual([
      2e9,
      1.5 * 2 ** 30,
      100,
    ]);
    for (const wrong of ['', 'much', '12 parsecs', '-1GB', '0GB'])
      expect(() => memoryBytes(wrong)).toThrow(expect.objectContaining({ code: 'usage' }));
  });
});

describe('headers of images', () => {
  test('what they say is kept as they say it, and what is broken says nothing', async () => {
    const png = (width: number, height: number) => {
      const bytes = Buffer.alloc(33);
      bytes.write('89504e470d0a1a0a0000000d49484452', 'hex');
      bytes.writeUInt32BE(width, 16);
      bytes.writeUInt32BE(height, 20);
      return bytes;
    };
    // A JPEG XL whose first box is of no length, and a HEIC whose boxes hold themselves.
    const jxl = Buffer.from('0000000c4a584c200d0a870a00000000', 'hex');
    const heic = Buffer.concat([Buffer.from('0000000c6674797068656963', 'hex'), Buffer.alloc(64)]);
    const files = dataFiles({
      'a.png': png(2 ** 31 - 1, 2 ** 31 - 1),
      'b.jxl': jxl,
      'c.heic': heic,
      'd.png': 'no',
    });
    const headers = await processReader.imageHeaders(files, undefined);
    expect(headers[0]).toEqual({ width: 2 ** 31 - 1, height: 2 ** 31 - 1, format: 'png' });
    expect(headers.slice(1)).toEqual([undefined, undefined, undefined]);
  });
});

test('the memory of a check is bounded, and the next question is answered', async () => {
  const path = join(folder(), 'a.csv');
  writeFileSync(path, 'a,b\n1,x\n');
  const file = { path: 'a.csv', absolutePath: path, size: statSync(path).size };
  const rows = await processReader.openRows([{ files: [file], constants: [] }], {});
  try {
    const doubling = `list_reduce([${Array.from({ length: 40 }, () => 'b').join()}], (x, y) -> concat(x, x, x))`;
    const { error, peak } = await watched(rows.ask(`${doubling} = 'x'`, 'b'));
    expect(error).toMatchObject({ code: 'engine-memory' });
    if (isLinux) expect(peak).toBeLessThan(processLimit(memoryBytes(undefined)));
    expect(await rows.ask('a > 0', 'a')).toEqual({ rows: 1, failing: 1, examples: [{ row: 1, value: '1' }] });
  } finally {
    rows.close();
  }
});
