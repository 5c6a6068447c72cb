import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { forEach } from '../../src/base/threads/concurrency.ts';
import type { Remote } from '../../src/remote/remote.ts';

export const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');

export async function collected(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return Buffer.concat(parts);
}

/** Writes to the place that a remote reads: itself, unless it is only read. */
type Writer = Pick<Remote, 'write' | 'remove' | 'close'>;

/** What `Remote` promises, of whatever kind. `open` makes a remote over an empty place. */
export function describeRemote(open: () => Promise<Remote>): void {
  const place = new Place(open, async (remote) => remote);
  describeWriting(place);
  describeReading(place);
  describeListing(place);
  describeRemoving(place);
  describeNames(place);
}

/**
 * What `Remote` promises of one that is only read, and that it refuses everything else.
 * @param openWriter opens what writes to the same place
 */
export function describeReadOnly(open: () => Promise<Remote>, openWriter: () => Promise<Remote>): void {
  const place = new Place(open, openWriter);
  describeReading(place);
  describeListing(place);
  describeNames(place);

  test('refuses to change anything', async () => {
    const { remote } = place;
    await place.put('kept', 'as it is');
    const refused = { code: 'remote-read-only', remedy: expect.stringMatching(/\.$/) };
    const bytes = Buffer.from('other');
    await expect(remote.write('kept', bytes, { sha256: sha256(bytes) })).rejects.toMatchObject(refused);
    await expect(remote.remove(['kept'])).rejects.toMatchObject(refused);
    await expect(remote.claim()).rejects.toMatchObject(refused);
    expect(Buffer.from(await remote.read('kept')).toString()).toBe('as it is');
  });
}

/** A remote over an empty place, open while the tests of a suite run. */
class Place {
  remote!: Remote;
  writer!: Writer;
  folder = '';

  constructor(open: () => Promise<Remote>, openWriter: (remote: Remote) => Promise<Writer>) {
    beforeAll(async () => {
      this.remote = await open();
      this.writer = await openWriter(this.remote);
      this.folder = mkdtempSync(join(tmpdir(), 'varve-contract-'));
    });
    afterAll(async () => {
      await this.writer?.close();
      await this.remote?.close();
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  readonly put = (key: string, content: string | Uint8Array, overwrite = false) => {
    const bytes = Buffer.from(content);
    return this.writer.write(key, bytes, { sha256: sha256(bytes), overwrite });
  };

  readonly file = (name: string, bytes: Uint8Array) => {
    const path = join(this.folder, name);
    writeFileSync(path, bytes);
    return { path, size: bytes.length };
  };

  readonly listed = async (prefix: string) => {
    const keys: string[] = [];
    for await (const { key } of this.remote.list(prefix)) keys.push(key);
    return keys.sort();
  };
}

function describeWriting(place: Place): void {
  const { put, file } = place;
  describe('writing', () => {
    test('stores bytes that read back the same, whole and by range', async () => {
      const bytes = randomBytes(100_000);
      expect(await put('write/a', bytes)).toBe('written');
      expect(Buffer.compare(await place.remote.read('write/a'), bytes)).toBe(0);
      expect(Buffer.compare(await collected(place.remote.stream('write/a')), bytes)).toBe(0);
      for (const [offset, length] of [
        [0, 1],
        [99_999, 1],
        [1000, 65_537],
        [0, 100_000],
      ] as const) {
        const expected = bytes.subarray(offset, offset + length);
        expect(Buffer.compare(await place.remote.read('write/a', { offset, length }), expected)).toBe(0);
        expect(
          Buffer.compare(await collected(place.remote.stream('write/a', { offset, length })), expected),
        ).toBe(0);
      }
    });

    test('stores what was verified just now, and takes its digest only for a server that verifies it', async () => {
      const bytes = randomBytes(100_000);
      let asked = 0;
      const verified = {
        sha256: async () => {
          asked += 1;
          return sha256(bytes);
        },
      };
      expect(await place.remote.write('write/verified', bytes, verified)).toBe('written');
      expect(await place.remote.write('write/verified', Buffer.from('other'), verified)).toBe('exists');
      expect(Buffer.compare(await place.remote.read('write/verified'), bytes)).toBe(0);
      expect(asked).toBe(place.remote.takesSha256 ? 1 : 0);
    });

    test('stores empty objects', async () => {
      expect(await put('write/empty', '')).toBe('written');
      expect((await place.remote.read('write/empty')).length).toBe(0);
      expect((await collected(place.remote.stream('write/empty'))).length).toBe(0);
      expect(await place.remote.head('write/empty')).toMatchObject({ key: 'write/empty', size: 0 });
      const empty = file('empty', Buffer.alloc(0));
      expect(await place.remote.write('write/empty-file', empty, { sha256: sha256('') })).toBe('written');
      expect(await place.remote.head('write/empty-file')).toMatchObject({ size: 0 });
    });

    test('leaves an existing object as it is, unless told to overwrite', async () => {
      await put('write/kept', 'first');
      expect(await put('write/kept', 'second')).toBe('exists');
      expect(Buffer.from(await place.remote.read('write/kept')).toString()).toBe('first');
      expect(await put('write/kept', 'third', true)).toBe('written');
      expect(Buffer.from(await place.remote.read('write/kept')).toString()).toBe('third');
    });

    test('lets exactly one of many writers of a new key win', async () => {
      const contents = Array.from({ length: 12 }, (_, index) => `writer ${index}`);
      const outcomes = await Promise.all(contents.map((content) => put('write/race', content)));
      expect(outcomes.filter((outcome) => outcome === 'written')).toHaveLength(1);
      const winner = contents[outcomes.indexOf('written')];
      expect(Buffer.from(await place.remote.read('write/race')).toString()).toBe(winner);
    });

    test('refuses bytes that do not have their digest, and keeps nothing of them', async () => {
      const wrong = { sha256: sha256('other') };
      const refused = { code: 'digest-mismatch' };
      await expect(place.remote.write('write/bad', Buffer.from('hello'), wrong)).rejects.toMatchObject(
        refused,
      );
      const body = file('bad', Buffer.from('hello'));
      await expect(place.remote.write('write/bad', body, wrong)).rejects.toMatchObject(refused);
      expect(await place.remote.head('write/bad')).toBeUndefined();
    });

    test.each([1, 33])(
      'stores a file of %d MiB, refuses it with a wrong digest or size',
      async (mebibytes) => {
        const bytes = randomBytes(mebibytes * 1024 * 1024 + 1);
        const body = file(`large-${mebibytes}`, bytes);
        const key = `write/large-${mebibytes}`;
        await expect(place.remote.write(key, body, { sha256: sha256('x') })).rejects.toMatchObject({
          code: 'digest-mismatch',
        });
        const longer = { ...body, size: body.size + 1 };
        await expect(place.remote.write(key, longer, { sha256: sha256(bytes) })).rejects.toMatchObject({
          code: 'source-changed',
          path: body.path,
        });
        expect(await place.remote.head(key)).toBeUndefined();
        expect(await place.remote.write(key, body, { sha256: sha256(bytes) })).toBe('written');
        expect(await place.remote.write(key, body, { sha256: sha256(bytes) })).toBe('exists');
        expect(sha256(await collected(place.remote.stream(key)))).toBe(sha256(bytes));
        expect(await place.remote.head(key)).toMatchObject({ key, size: bytes.length });
      },
    );

    test('names a source file that is not there', async () => {
      const path = join(place.folder, 'not-there');
      await expect(
        place.remote.write('write/none', { path, size: 5 }, { sha256: sha256('hello') }),
      ).rejects.toMatchObject({ path, message: expect.stringContaining(path) });
      expect(await place.remote.head('write/none')).toBeUndefined();
    });
  });
}

function describeReading(place: Place): void {
  const { put } = place;
  describe('reading', () => {
    test('says what is missing', async () => {
      expect(await place.remote.head('read/none')).toBeUndefined();
      const missing = { code: 'object-missing', message: expect.stringContaining('read/none') };
      await expect(place.remote.read('read/none')).rejects.toMatchObject(missing);
      await expect(place.remote.read('read/none', { offset: 0, length: 1 })).rejects.toMatchObject(missing);
      await expect(collected(place.remote.stream('read/none'))).rejects.toMatchObject(missing);
    });

    test('never returns fewer bytes than asked for', async () => {
      await put('read/short', '0123456789');
      const truncated = { code: 'object-truncated', message: expect.stringContaining('read/short') };
      for (const range of [
        { offset: 5, length: 6 },
        { offset: 10, length: 1 },
        { offset: 100, length: 100 },
      ]) {
        await expect(place.remote.read('read/short', range)).rejects.toMatchObject(truncated);
        await expect(collected(place.remote.stream('read/short', range))).rejects.toMatchObject(truncated);
      }
    });

    test('answers more questions at once than it has connections', async () => {
      await put('read/asked', 'hello');
      const asked = Array.from({ length: 200 }, () => place.remote.head('read/asked'));
      for (const info of await Promise.all(asked)) expect(info?.size).toBe(5);
    });

    test('stops when its reader does', async () => {
      await put('read/stopped', randomBytes(3_000_000));
      for await (const piece of place.remote.stream('read/stopped')) {
        expect(piece.length).toBeGreaterThan(0);
        break;
      }
      expect((await place.remote.read('read/stopped')).length).toBe(3_000_000);
    });
  });
}

function describeListing(place: Place): void {
  const { put, listed } = place;
  describe('listing', () => {
    test('lists by the beginnings of keys, with sizes and times', async () => {
      const keys = ['list/a', 'list/b/c', 'list/b/d', 'list/bb', 'list2/a'];
      await Promise.all(keys.map((key) => put(key, key)));
      expect(await listed('list/')).toEqual(keys.slice(0, 4));
      expect(await listed('list/b')).toEqual(['list/b/c', 'list/b/d', 'list/bb']);
      expect(await listed('list/b/')).toEqual(['list/b/c', 'list/b/d']);
      expect(await listed('list')).toEqual(keys);
      expect(await listed('nowhere/')).toEqual([]);
      expect(await listed('')).toEqual(expect.arrayContaining(keys));
      for await (const info of place.remote.list('list/bb')) {
        expect(info.size).toBe('list/bb'.length);
        expect(Math.abs(info.modified.getTime() - Date.now())).toBeLessThan(600_000);
      }
    });

    test('lists more than one page', { timeout: 60_000 }, async () => {
      const keys = Array.from({ length: 1100 }, (_, index) => `many/${index % 7}/${index}`);
      for (let from = 0; from < keys.length; from += 50) {
        await Promise.all(keys.slice(from, from + 50).map((key) => put(key, '')));
      }
      expect(await listed('many/')).toEqual([...keys].sort());
      await place.writer.remove(keys);
      expect(await listed('many/')).toEqual([]);
    });
  });
}

function describeRemoving(place: Place): void {
  const { put, listed } = place;
  describe('removing', () => {
    test('removes what is there, and does not mind what is not', async () => {
      await Promise.all(['gone/a', 'gone/b', 'gone/c'].map((key) => put(key, key)));
      await place.remote.remove(['gone/a', 'gone/never', 'gone/b']);
      expect(await listed('gone/')).toEqual(['gone/c']);
      await place.remote.remove([]);
    });
  });
}

function describeNames(place: Place): void {
  const { put, listed } = place;
  describe('names from outside', () => {
    const hostile = [
      '',
      '/',
      '/a',
      'a/',
      'a//b',
      '..',
      'a/../b',
      '../a',
      './a',
      'a\\b',
      'a\0b',
      'é',
      'a b',
      'x'.repeat(600),
    ];
    test.each(hostile)('refuses the key %j', async (key) => {
      const refused = { code: 'key-invalid' };
      await expect(place.remote.read(key)).rejects.toMatchObject(refused);
      await expect(collected(place.remote.stream(key))).rejects.toMatchObject(refused);
      await expect(place.remote.head(key)).rejects.toMatchObject(refused);
      const written = place.remote.write(key, Buffer.from('a'), { sha256: sha256('a') });
      await expect(written).rejects.toMatchObject(refused);
      await expect(place.remote.remove([key])).rejects.toMatchObject(refused);
    });

    test.each(['/', '../', 'a//', 'a\0'])('refuses the prefix %j', async (prefix) => {
      await expect(listed(prefix)).rejects.toMatchObject({ code: 'key-invalid' });
    });

    test.each([
      { offset: -1, length: 1 },
      { offset: 0, length: 0 },
      { offset: 0.5, length: 1 },
      { offset: 0, length: Number.MAX_SAFE_INTEGER + 1 },
      { offset: Number.NaN, length: 1 },
    ])('refuses the range $offset + $length', async (range) => {
      await put('names/range', 'hello');
      await expect(place.remote.read('names/range', range)).rejects.toMatchObject({ code: 'range-invalid' });
      await expect(collected(place.remote.stream('names/range', range))).rejects.toMatchObject({
        code: 'range-invalid',
      });
    });
  });
}

/** How many objects, by how many bytes each is larger than the one before, and how many are written at a time. */
interface ManyObjects {
  readonly objects: number;
  readonly growth: number;
  readonly jobs: number;
}

/** Write, list, read and remove objects at a remote that fails at random: all must come back as it was sent. */
export async function storesWhole(remote: Remote, { objects, growth, jobs }: ManyObjects): Promise<void> {
  const contents = Array.from({ length: objects }, (_, index) => randomBytes(index * growth));
  await forEach(contents.entries(), jobs, async ([index, bytes]) => {
    await remote.write(`k/${index}`, bytes, { sha256: sha256(bytes) });
  });
  const keys: string[] = [];
  for await (const { key } of remote.list('k/')) keys.push(key);
  expect(keys).toHaveLength(contents.length);
  for (const [index, bytes] of contents.entries()) {
    expect(sha256(await remote.read(`k/${index}`))).toBe(sha256(bytes));
    expect(sha256(await collected(remote.stream(`k/${index}`)))).toBe(sha256(bytes));
  }
  await remote.remove(keys);
  expect(await remote.head('k/1')).toBeUndefined();
}
