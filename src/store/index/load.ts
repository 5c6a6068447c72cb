import { readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { askAgain } from '../../base/ask-again.ts';
import { debug } from '../../base/debug.ts';
import { writeAtomically } from '../../base/files/atomic-write.ts';
import { forEach } from '../../base/threads/concurrency.ts';
import { VarveError } from '../../errors.ts';
import type { Remote } from '../../remote/remote.ts';
import { INDEX_KEY } from '../../remote/store-layout.ts';
import { IndexFile, indexKey } from '../format/index-file.ts';
import { readPendingDeletionLists } from '../gc/pending-deletions.ts';
import { readPurgeLists } from '../gc/purge-list.ts';
import { Catalog } from './catalog.ts';
import { rebuildIndex } from './rebuild.ts';

/** An index file that a clone keeps, or one that a killed process of an earlier version left half-written. */
const KEPT = /^([0-9a-f]{64})\.idx/;
const JOBS = 8;
/** Other processes merge index files while this one reads them; each time, the merged one is there already. */
const MAX_ATTEMPTS = 8;

/**
 * Read what a store holds: what was purged and the lists of pending deletions first, then the index. A gc writes in the other order, the index before the
 * lists, so no pack that it removes is taken for one that stays.
 * @param cache folder that keeps index files of a remote between runs
 * @param known segments that need not be read again
 */
export async function loadCatalog(
  remote: Remote,
  cache: string | undefined,
  known: readonly IndexFile[],
): Promise<Catalog> {
  const [{ objects: purged }, first] = await Promise.all([
    readPurgeLists(remote),
    readPendingDeletionLists(remote),
  ]);
  const byName = new Map(known.map((segment) => [segment.name, segment]));
  for (let attempt = 1; ; attempt++) {
    const lists = attempt === 1 ? first : await readPendingDeletionLists(remote);
    try {
      const { segments, bad } = await loadSegments(remote, cache, byName);
      if (bad.length > 0) segments.push(await rebuiltIndex(remote, bad));
      return new Catalog(segments, lists, bad, purged);
    } catch (error) {
      if (!(error instanceof VarveError) || error.code !== 'object-missing' || attempt === MAX_ATTEMPTS)
        throw error;
    }
  }
}

async function loadSegments(
  remote: Remote,
  cache: string | undefined,
  known: Map<string, IndexFile>,
): Promise<{ segments: IndexFile[]; bad: string[] }> {
  const bad: string[] = [];
  const names: string[] = [];
  for await (const { key } of remote.list('index/')) {
    const name = INDEX_KEY.exec(key)?.[1];
    if (name !== undefined) names.push(name);
  }
  names.sort();
  await forEach(
    names.filter((name) => !known.has(name)),
    JOBS,
    async (name) => {
      const segment = await loadSegment(remote, cache, name).catch((error: unknown) => {
        if (error instanceof VarveError && error.code === 'index-damaged') return undefined;
        throw error;
      });
      if (segment === undefined) bad.push(name);
      else known.set(name, segment);
    },
  );
  if (cache !== undefined) await forget(cache, new Set(names));
  return { segments: names.flatMap((name) => known.get(name) ?? []), bad };
}

/** Rebuild an index. In a local store it replaces the damaged ones at once; on a remote nothing is written before `verify` is run. */
async function rebuiltIndex(remote: Remote, bad: readonly string[]): Promise<IndexFile> {
  if (remote.localPath !== undefined) return replaceIndexes(remote, bad);
  return (await rebuildIndex(remote)).segment;
}

/** Put an index of what the store holds in the place of damaged ones. @returns the new one */
export async function replaceIndexes(remote: Remote, bad: readonly string[]): Promise<IndexFile> {
  // Of a store of a newer varve, this one would leave out what it does not know.
  await remote.claim();
  const { bytes, segment } = await rebuildIndex(remote);
  // The damaged file may have this very name.
  await remote.write(indexKey(segment.name), bytes, { sha256: segment.name, overwrite: true });
  await remote.remove(bad.filter((name) => name !== segment.name).map(indexKey));
  return segment;
}

async function loadSegment(remote: Remote, cache: string | undefined, name: string): Promise<IndexFile> {
  if (cache === undefined) return (await readIndex(remote, name)).segment;
  const path = join(cache, `${name}.idx`);
  try {
    const segment = IndexFile.parse(await readFile(path), name);
    debug('cache', `hit, index ${name}`);
    return segment;
  } catch {
    // Not there yet, or damaged: the remote's own copy decides.
    debug('cache', `miss, index ${name}`);
  }
  const { bytes, segment } = await readIndex(remote, name);
  keepIndex(cache, name, bytes);
  return segment;
}

/** @throws VarveError `index-damaged`, `index-too-new`, `object-missing` */
function readIndex(
  remote: Remote,
  name: string,
): Promise<{ readonly bytes: Uint8Array; readonly segment: IndexFile }> {
  return askAgain(async () => {
    const bytes = await remote.read(indexKey(name));
    return { bytes, segment: IndexFile.parse(bytes, name) };
  });
}

/** Keep a copy of an index file of a remote, so that no later process need read it from there. */
export function keepIndex(cache: string, name: string, bytes: Uint8Array): void {
  writeAtomically(join(cache, `${name}.idx`), [bytes], false);
}

/** Read the index files of remotes that a clone keeps: what those had when it last asked. No request. @param cache folder that keeps them */
export async function readKeptIndexes(cache: string): Promise<Catalog> {
  const segments: IndexFile[] = [];
  for (const file of await readdir(cache).catch(() => [])) {
    const name = KEPT.exec(file)?.[1];
    if (name === undefined) continue;
    try {
      segments.push(IndexFile.parse(await readFile(join(cache, file)), name));
    } catch {
      // It is damaged, or of a newer format: it says nothing.
    }
  }
  return new Catalog(segments, { pending: [], unreadable: [] });
}

/** Drop cached index files that the remote no longer has. */
async function forget(cache: string, names: ReadonlySet<string>): Promise<void> {
  for (const file of await readdir(cache).catch(() => [])) {
    const name = KEPT.exec(file)?.[1];
    if (name !== undefined && !names.has(name)) await unlink(join(cache, file)).catch(() => undefined);
  }
}
