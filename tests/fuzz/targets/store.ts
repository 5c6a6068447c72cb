import { isValidKey } from '../../../src/remote/key.ts';
import { parseBlockLists } from '../../../src/store/format/block-lists.ts';
import { hexDigestOf } from '../../../src/store/format/digest.ts';
import { IndexFile } from '../../../src/store/format/index-file.ts';
import { encodeManifest, readManifest } from '../../../src/store/format/manifest.ts';
import { readTrailer } from '../../../src/store/format/pack.ts';
import { readRecipe, recipeBeginning } from '../../../src/store/format/recipe.ts';
import { encodeSourceManifest, readSourceManifest } from '../../../src/store/format/source-manifest.ts';
import { parseCloneRecord } from '../../../src/store/gc/clones.ts';
import { parsePendingDeletions } from '../../../src/store/gc/pending-deletions.ts';
import { parsePurgeList } from '../../../src/store/gc/purge-list.ts';
import { parseRef } from '../../../src/store/gc/refs.ts';
import { all, type FuzzTarget, law } from '../target.ts';

const ENTRY = [
  '"path":"a"',
  '"size":1',
  '"executable":true',
  `"digest":"sha256:${'0'.repeat(64)}"`,
  '{',
  '}\n',
  ',',
  '"path":"a/b"',
  '"path":"a/"',
  '"path":".git/x"',
  '"path":"../x"',
  '\\u0000',
  '\\ud800',
  '"__proto__":1',
]; // prettier-ignore

async function* once(bytes: Uint8Array) {
  yield bytes;
}

/** Of the store's files; each is read under its right name, as a hostile writer can make it. */
export const storeTargets: Record<string, FuzzTarget> = {
  manifest: {
    words: ENTRY,
    async read(input) {
      const entries = await all(readManifest([input], 'fuzz'));
      law(input.equals(Buffer.concat([...encodeManifest(entries)])), 'a manifest has one form');
    },
  },
  'source-manifest': {
    words: [...ENTRY, '"etag":"e"', '"version":"v"'],
    async read(input) {
      const files = await all(readSourceManifest([input], 'fuzz'));
      const again = await all(encodeSourceManifest(from(files)));
      law(input.equals(Buffer.concat(again)), 'a source manifest has one form');
    },
  },
  index: {
    read(input) {
      const index = IndexFile.parse(input, hexDigestOf(input));
      for (const { digest } of index.allBlobs()) law([...index.blobs(digest)].length > 0, 'blobs are found');
      for (const { digest } of index.allWholeObjects())
        law([...index.wholeObjects(digest)].length > 0, 'objects are found');
      for (const { digest } of index.allRecipes())
        law([...index.recipes(digest)].length > 0, 'recipes are found');
      for (const { pack, blobs } of index.byPack()) {
        for (const { offset, length } of blobs) law(offset + length <= pack.size, 'blobs lie in their pack');
      }
    },
  },
  pack: {
    read(input) {
      for (const { offset, length } of readTrailer(input, hexDigestOf(input)).entries) {
        law(offset >= 0 && offset + length <= input.length, 'blobs lie in the pack');
      }
    },
  },
  recipe: {
    async read(input) {
      const { digest, size } = recipeBeginning(input) ?? { digest: Buffer.alloc(32), size: input.length };
      const chunks = await all(readRecipe(once(input), digest, size, 'fuzz'));
      law(chunks.reduce((sum, { length }) => sum + length, 0) === size, 'chunks make up the object');
    },
  },
  'block-lists': {
    read: (input) => parseBlockLists(input, 'fuzz').of(Buffer.alloc(32, 0xaa)),
  },
  'clone-record': {
    words: ['{"version":1,', '"user":"a",', '"host":"b",', '"folder":"c"}', '"version":2', 'null'],
    read: (input) => parseCloneRecord(input, `clones/clone/${hexDigestOf(input)}.json`),
  },
  'purge-list': {
    words: [
      '{"version":1,',
      '"objects":[',
      '"keys":[',
      '"packs/',
      '.pack"',
      '"objects/',
      '"../',
      '"index/',
      'null',
    ],
    read(input) {
      const { keys } = parsePurgeList(input, `purged/${hexDigestOf(input)}.json`);
      law(keys.every(isValidKey), 'keys lie in the store');
    },
  },
  ref: {
    words: ['"version":1', '"roots":[', '"kind":"file"', '"kind":"directory"', '"profile":', ...ENTRY],
    read: (input) => parseRef(input, `refs/clone/${hexDigestOf(input)}.json`),
  },
  'pending-deletions': {
    words: ['"version":1', '"keys":[', '"packs/', '.pack"', '"index/', '"objects/', '"../', '"tmp/'],
    read(input) {
      for (const key of parsePendingDeletions(input, `condemned/${hexDigestOf(input).slice(0, 32)}.json`)
        .keys) {
        law(isValidKey(key), 'keys lie in the store');
      }
    },
  },
};

async function* from<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
