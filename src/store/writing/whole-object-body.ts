import { createHash } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { askAgain } from '../../base/ask-again.ts';
import { removeQuietly, unfinishedName } from '../../base/files/atomic-write.ts';
import { systemError } from '../../base/files/system-errors.ts';
import { removeAtExit } from '../../base/files/unfinished-files.ts';
import type { Body, Remote } from '../../remote/remote.ts';
import { objectDamaged } from '../errors.ts';
import { type RawDigest, sameDigest } from '../format/digest.ts';
import type { WholeObjectLocation } from '../index/catalog.ts';

/**
 * Hand a whole object of one store to `use`, which writes it to another and verifies it. The body is the object's own file if
 * `source` is local, else a temporary file on the disk where `target` keeps its files.
 */
export async function withWholeObjectBody(
  source: Remote,
  digest: RawDigest,
  location: WholeObjectLocation,
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
    await use({ path, size, ...(target.localPath && { given: true }) });
  } finally {
    removeQuietly(path);
    unfinished.isFinished();
  }
}

/** Choose a folder in which what killed processes leave is cleared: FolderRemote does so in its `tmp`, systems in theirs. */
function temporaryFolder(target: Remote): string {
  const local = target.localPath?.('index');
  return local === undefined ? tmpdir() : join(dirname(local), 'tmp');
}

/** @throws VarveError `digest-mismatch`, after `onBytes` has taken back what it was told */
async function download(
  source: Remote,
  digest: RawDigest,
  { key }: WholeObjectLocation,
  path: string,
  { onBytes, signal }: { onBytes: (count: number) => void; signal: AbortSignal | undefined },
): Promise<void> {
  const file = await open(path, 'w');
  const hash = createHash('sha256');
  let done = 0;
  try {
    for await (const bytes of source.stream(key)) {
      signal?.throwIfAborted();
      const written = file.writeFile(bytes);
      hash.update(bytes);
      await written;
      done += bytes.length;
      onBytes(bytes.length);
    }
    if (sameDigest(hash.digest(), digest)) return;
    onBytes(-done);
    throw objectDamaged(digest, `${source.url}: ${key}`);
  } catch (error) {
    signal?.throwIfAborted();
    throw systemError(error, 'write', path, 'store');
  } finally {
    await file.close();
  }
}
