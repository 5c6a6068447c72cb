import { symlinkSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { FolderRemote } from '../../src/remote/folder/folder.ts';
import { encodeManifest, type ManifestEntry } from '../../src/store/format/manifest.ts';
import { Store } from '../../src/store/store.ts';
import { writePointer } from '../../src/workspace/pointer.ts';
import { Sandbox } from '../support/sandbox.ts';

const box = new Sandbox().repository();
afterAll(() => box.remove());

const FILES = 400_000;
/** As objects, the list takes some 100 MB. */
const HEAP_MIB = 40;

function* manyEntries(): Generator<ManifestEntry> {
  for (let index = 0; index < FILES; index++) {
    const hex = index.toString(16).padStart(8, '0');
    yield { path: `folder/${hex}.bin`, size: 1, digest: `sha256:${hex.repeat(8)}` };
  }
}

it('lists the files of a version in memory that does not grow with them', { timeout: 120_000 }, async () => {
  const store = await Store.open(new FolderRemote(box.path('repo/.git/varve/cache')));
  const batch = store.batch();
  const { digest } = await batch.addBytes(encodeManifest(manyEntries()), 'meta');
  await batch.commit();
  await store.close();
  writePointer(box.path('repo'), 'many', {
    path: 'many',
    kind: 'directory',
    digest,
    bytes: FILES,
    files: FILES,
  });
  box.write('repo/node_modules/.keep', '');
  symlinkSync(process.cwd(), box.path('repo/node_modules/varve'), 'junction');
  box.write(
    'repo/list.mjs',
    `import { openRepository } from 'varve';
    const repo = await openRepository();
    let files = 0;
    for await (const _ of repo.files('many')) files += 1;
    console.log(files);`,
  );
  const { out, err } = box.run(process.execPath, [`--max-old-space-size=${HEAP_MIB}`, 'list.mjs']);
  expect(err).toBe('');
  expect(Number(out)).toBe(FILES);
});
