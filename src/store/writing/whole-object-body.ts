import { createHash } from 'node:crypto';
import { mkdir, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { askAgain } from '../../base/ask-again.ts';
import { unfinishedName } from '../../base/atomic-write.ts';
import { fileError } from '../../base/file-errors.ts';
import { removeAtExit } from '../../base/unfinished-files.ts';
import type { Body, Remote } from '../../remote/remote.ts';
import { digestMismatch } from '../errors.ts';
import { type RawDigest, sameDigest } from '../format/digest.ts';
import type { WholeLocation } from '../index/catalog.ts';

/**
 * Hands a whole object of one store to `use`, to be written to another: its own file where there is one, else a
 * temporary one on the disk where `target` keeps its files. Whoever writes it verifies it.
 */
export async function withWholeBody(
  source: Remote,
  digest: RawDigest,
  location: WholeLocation,
  target: Remote,
  { onBytes, signal }: { onBytes: (count: number) => void; signal: AbortSignal | undefined },
  use: (body: Body) => Promise<void>,
): Promise<void> {
  const { key, size } = location;
  const local = source.localPath?.(key);
  if (local !== undefined) {
    await use({ path: local, size });
    onBytes(size);
    return;
  }
  const folder = temporaryFolder(target);
  await target.claim();
  await mkdir(folder, { recursive: true });
  const path = join(folder, unfinishedName());
  const unfinished = removeAtExit(path);
  try {
    await askAgain(() => download(source, digest, location, path, { onBytes, signal }));
    await use({ path, size });
  } finally {
    await unlink(path).catch(() => undefined);
    unfinished.isFinished();
  }
}

/** FolderRemote clears what killed processes leave in its `tmp`. */
function temporaryFolder(target: Remote): string {
  const local = target.localPath?.('index');
  return local === undefined ? tmpdir() : join(dirname(local), 'tmp');
}

/** @throws VarveError `digest-mismatch`, after `onBytes` was told that nothing has come */
async function download(
  source: Remote,
  digest: RawDigest,
  { key }: WholeLocation,
  path: string,
  { onBytes, signal }: { onBytes: (count: number) => void; signal: AbortSignal | undefined },
): Promise<void> {
  const file = await open(path, 'w');
  const hash = createHash('sha256');
  let done = 0;
  try {
    for await (const bytes of source.stream(key)) {
      signal?.throwIfAborted();
      await file.writeFile(bytes);
      hash.update(bytes);
      done += bytes.length;
      onBytes(bytes.length);
    }
    if (sameDigest(hash.digest(), digest)) return;
    onBytes(-done);
    throw digestMismatch(digest, `${source.url}: ${key}`);
  } catch (error) {
    signal?.throwIfAborted();
    throw fileError(error, 'write', path);
  } finally {
    await file.close();
  }
}
