import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { isDirectory } from '../../dvc/format/object-id.ts';
import { filesOf, type OutputFile } from '../../dvc/objects/cache.ts';
import { isRecorded } from '../../dvc/tree/select.ts';
import { noSuchFile } from '../backend/errors.ts';
import type { SnapshotFile } from '../backend/results.ts';
import type { DatasetVersion } from '../backend/version.ts';
import { bring, bringWanted } from './bring.ts';
import { type DvcPlace, inDvc } from './context.ts';
import { outputsOf } from './versions.ts';

/** See Backend.listFiles. The list comes from the cache, else from the remote of the output unless that is not to be asked. */
export async function* listFiles(
  context: DvcPlace,
  version: DatasetVersion,
  isLocal = false,
): AsyncGenerator<SnapshotFile> {
  for (const { path, id } of await filesOfVersion(context, version, isLocal)) {
    context.signal?.throwIfAborted();
    yield { path: path || posix.basename(version.path), digest: `md5:${id.value}` };
  }
}

/** See Backend.readFile. What the cache lacks is brought first; a copy is checked, then read. */
export async function* readFile(
  context: DvcPlace,
  version: DatasetVersion,
  file: string | undefined,
): AsyncGenerator<Uint8Array> {
  const found = (await filesOfVersion(context, version)).find(({ path }) => path === (file ?? ''));
  if (found === undefined) throw noSuchFile(version, file);
  await bring(context, { version, part: file });
  const folder = await mkdtemp(join(tmpdir(), 'varve-open-'));
  try {
    const copy = join(folder, 'object');
    await inDvc(context, async ({ repository, pool }) => {
      const root = repository.config.cacheDir;
      const links = ['reflink', 'copy'] as const;
      await pool.run({ kind: 'place', root, id: found.id, target: copy, links, executable: false });
      await pool.run({ kind: 'verify', id: found.id, path: copy });
    });
    for await (const bytes of createReadStream(copy)) {
      context.signal?.throwIfAborted();
      yield bytes as Buffer;
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The files of a version, by the list in the cache, else on the remote of the output unless that is not to be asked. */
export function filesOfVersion(
  context: DvcPlace,
  { path, commit }: DatasetVersion,
  isLocal = false,
): Promise<readonly OutputFile[]> {
  return inDvc(context, async (within) => {
    const output = outputsOf(within.repository, commit).find((one) => one.path === path);
    if (output === undefined || !isRecorded(output)) return [];
    // Nothing within is chosen: the list alone is brought.
    if (isDirectory(output.id) && !isLocal) await bringWanted(within, { output, only: [] });
    return filesOf(within, output);
  });
}
