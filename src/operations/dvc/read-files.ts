import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { filesOf, type OutputFile } from '../../dvc/objects/cache.ts';
import { isRecorded } from '../../dvc/tree/select.ts';
import { noSuchFile } from '../backend/errors.ts';
import type { SnapshotFile } from '../backend/results.ts';
import type { DatasetVersion } from '../backend/version.ts';
import { type DvcPlace, inDvc } from './context.ts';
import { outputsOf } from './versions.ts';

/** See Backend.listFiles. From the cache alone. */
export async function* listFiles(context: DvcPlace, version: DatasetVersion): AsyncGenerator<SnapshotFile> {
  for (const { path, id } of await filesOfVersion(context, version)) {
    context.signal?.throwIfAborted();
    yield { path: path || posix.basename(version.path), digest: `md5:${id.value}` };
  }
}

/** See Backend.readFile. From the cache alone: a copy is checked, then read. */
export async function* readFile(
  context: DvcPlace,
  version: DatasetVersion,
  file: string | undefined,
): AsyncGenerator<Uint8Array> {
  const found = (await filesOfVersion(context, version)).find(({ path }) => path === (file ?? ''));
  if (found === undefined) throw noSuchFile(version, file);
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

function filesOfVersion(context: DvcPlace, { path, commit }: DatasetVersion): Promise<readonly OutputFile[]> {
  return inDvc(context, async (within) => {
    const output = outputsOf(within.repository, commit).find((one) => one.path === path);
    return output === undefined || !isRecorded(output) ? [] : filesOf(within, output);
  });
}
