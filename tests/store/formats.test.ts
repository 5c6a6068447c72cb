import { randomFillSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { VarveError } from '../../src/errors.ts';
import { encodeBlockLists, parseBlockLists } from '../../src/store/format/block-lists.ts';
import { hexDigestOf, parseDigest, rawDigestOf } from '../../src/store/format/digest.ts';
import { encodeIndex, IndexFile } from '../../src/store/format/index-file.ts';
import { readManifest } from '../../src/store/format/manifest.ts';
import { PACK_CAPACITY, PackBuilder, readTrailer } from '../../src/store/format/pack.ts';
import { RecipeBuilder, readRecipe } from '../../src/store/format/recipe.ts';
import { readSourceManifest } from '../../src/store/format/source-manifest.ts';
import { parseCloneRecord } from '../../src/store/gc/clones.ts';
import { parsePendingDeletions } from '../../src/store/gc/pending-deletions.ts';
import { parsePurgeList } from '../../src/store/gc/purge-list.ts';
import { parseRef } from '../../src/store/gc/refs.ts';
import { DigestSet } from '../../src/store/index/digest-set.ts';

const blobs = Array.from({ length: 20 }, (_, at) => Buffer.alloc(at * 10 + 1, at));

async function samplePack(): Promise<Buffer> {
  const builder = new PackBuilder('meta', Buffer.alloc(PACK_CAPACITY));
  for (const blob of blobs) builder.append(rawDigestOf(blob), blob);
  return Buffer.from(builder.seal().bytes);
}

function sampleIndex(): Buffer {
  const pack = { name: hexDigestOf(Buffer.from('pack')), size: 10_000, kind: 'data' as const };
  return encodeIndex({
    packs: [pack],
    blobs: blobs.map((blob, at) => ({
      digest: rawDigestOf(blob),
      pack: 0,
      offset: at * 300,
      length: blob.length,
    })),
    wholeObjects: [{ digest: rawDigestOf(Buffer.from('w')), size: 2 ** 40 + 5, generation: 7 }],
    recipes: [{ digest: rawDigestOf(Buffer.from('r')), recipe: rawDigestOf(blobs[3]!), size: 2 ** 41 + 3 }],
  });
}

const object = rawDigestOf(Buffer.from('object'));
function sampleRecipe(): Buffer {
  const builder = new RecipeBuilder();
  for (const blob of blobs) builder.add(rawDigestOf(blob), blob.length);
  return Buffer.from(builder.finish(object));
}

async function* once(bytes: Uint8Array) {
  yield bytes;
}

async function drain(items: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of items) count += 1;
  return count;
}

const total = blobs.reduce((sum, { length }) => sum + length, 0);
const ref = Buffer.from(
  `{"version":1,"roots":[\n${JSON.stringify({ path: 'a', kind: 'file', digest: `sha256:${'0'.repeat(64)}` })}\n]}\n`,
);

/** Every parser of bytes from outside, on bytes that pass for whole as far as a hostile writer can make them. */
const parsers: Record<string, { sample: Buffer; parse: (bytes: Buffer) => unknown }> = {
  manifest: {
    sample: Buffer.from(`{"path":"a","size":1,"digest":"sha256:${'a'.repeat(64)}"}\n`.repeat(1)),
    parse: (bytes) => drain(readManifest([bytes], 'fuzz')),
  },
  'source manifest': {
    sample: Buffer.from(
      `{"path":"a","size":1,"etag":"e","version":"v","digest":"sha256:${'a'.repeat(64)}"}\n`,
    ),
    parse: (bytes) => drain(readSourceManifest([bytes], 'fuzz')),
  },
  index: {
    sample: sampleIndex(),
    parse: (bytes) => {
      const index = IndexFile.parse(bytes, hexDigestOf(bytes));
      return [...index.allBlobs(), ...index.allWholeObjects(), ...index.allRecipes(), ...index.byPack()];
    },
  },
  pack: { sample: await samplePack(), parse: (bytes) => readTrailer(bytes, hexDigestOf(bytes)) },
  recipe: { sample: sampleRecipe(), parse: (bytes) => drain(readRecipe(once(bytes), object, total, 'fuzz')) },
  'block lists': {
    sample: Buffer.from(
      encodeBlockLists(
        new Map(['a', 'b'].map((hex) => [`sha256:${hex.repeat(64)}`, `sha256:${'0'.repeat(64)}`])),
      ),
    ),
    parse: (bytes) => parseBlockLists(bytes, 'fuzz').of(object),
  },
  'clone record': {
    sample: Buffer.from('{"version":1,"user":"ann","host":"laptop","folder":"work"}\n'),
    parse: (bytes) => parseCloneRecord(bytes, `clones/c/${hexDigestOf(bytes)}.json`),
  },
  'purge list': {
    sample: Buffer.from(
      `{"version":1,"objects":["sha256:${'0'.repeat(64)}"],"keys":["packs/${'1'.repeat(64)}.pack"]}\n`,
    ),
    parse: (bytes) => parsePurgeList(bytes, `purged/${hexDigestOf(bytes)}.json`),
  },
  ref: { sample: ref, parse: (bytes) => parseRef(bytes, `refs/c/${hexDigestOf(bytes)}.json`) },
  condemned: {
    sample: Buffer.from(`{"version":1,"keys":["packs/${'a'.repeat(64)}.pack"]}\n`),
    parse: (bytes) => parsePendingDeletions(bytes, 'fuzz'),
  },
};

describe.each(Object.entries(parsers))('the %s parser', (_name, { sample, parse }) => {
  const attempt = async (bytes: Buffer): Promise<void> => {
    try {
      await parse(bytes);
    } catch (error) {
      if (!(error instanceof VarveError)) throw error;
    }
  };

  test('reads what was written', async () => {
    await parse(sample);
  });

  test('meets 3,000 random edits with a result or a clear error', async () => {
    const edit = fc.record({
      at: fc.double({ min: 0, max: 0.9999, noNaN: true }),
      byte: fc.integer({ min: 0, max: 255 }),
    });
    const edits = fc.array(edit, { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(
        edits,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.boolean(),
        async (list, end, cutShort) => {
          const bytes = Buffer.from(sample);
          for (const { at, byte } of list) bytes[Math.floor(at * bytes.length)] = byte;
          await attempt(cutShort ? bytes.subarray(0, Math.floor(end * bytes.length)) : bytes);
        },
      ),
      { numRuns: 3000 },
    );
  });

  test('meets 500 buffers of noise with a clear error', async () => {
    for (let turn = 0; turn < 500; turn++) await attempt(randomFillSync(Buffer.alloc(turn)));
  });
});

test('an index finds what it names and nothing else', () => {
  const bytes = sampleIndex();
  const index = IndexFile.parse(bytes, hexDigestOf(bytes));
  for (const [at, blob] of blobs.entries()) {
    expect([...index.blobs(rawDigestOf(blob))]).toMatchObject([{ offset: at * 300, length: blob.length }]);
  }
  expect([...index.blobs(rawDigestOf(Buffer.from('none')))]).toEqual([]);
  expect([...index.wholeObjects(rawDigestOf(Buffer.from('w')))]).toMatchObject([
    { size: 2 ** 40 + 5, generation: 7 },
  ]);
  expect([...index.recipes(rawDigestOf(Buffer.from('r')))]).toMatchObject([{ size: 2 ** 41 + 3 }]);
  expect([...index.byPack()][0]!.blobs.map(({ offset }) => offset)).toEqual(blobs.map((_, at) => at * 300));
});

test('an index of version 1 is read as one of version 2, and one of version 3 is of a newer varve', () => {
  const bytes = sampleIndex();
  const read = (version: number): IndexFile => {
    bytes.writeUInt32LE(version, 8);
    return IndexFile.parse(bytes, hexDigestOf(bytes));
  };
  expect([...read(1).allBlobs()]).toEqual([...read(2).allBlobs()]);
  expect(() => read(3)).toThrow(expect.objectContaining({ code: 'index-too-new' }));
  expect(() => read(0)).toThrow(expect.objectContaining({ code: 'index-damaged' }));
});

test('a set of digests is a set', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 5000 }), (numbers) => {
      const set = new DigestSet();
      const model = new Set<number>();
      for (const number of numbers) {
        expect(set.add(rawDigestOf(Buffer.from(String(number))))).toBe(!model.has(number));
        model.add(number);
      }
      expect(set.size).toBe(model.size);
      expect(set.has(rawDigestOf(Buffer.from('absent')))).toBe(false);
    }),
    { numRuns: 20 },
  );
});

test.each(['', 'sha256:', `sha256:${'A'.repeat(64)}`, `md5:${'0'.repeat(32)}`, 7, null, undefined, {}])(
  '%j is no digest',
  (text) => {
    expect(() => parseDigest(text, 'here')).toThrow(/here/);
  },
);
