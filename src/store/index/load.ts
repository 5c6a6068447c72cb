import { mkdir, readdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { forEach } from '../../base/concurrency.ts';
import { renameOver } from '../../base/rename.ts';
import { VarveError } from '../../errors.ts';
import type { Remote } from '../../remote/remote.ts';
import { IndexFile, indexKey } from '../format/index-file.ts';
import { readCondemned } from '../gc/pending-deletions.ts';
import { Catalog } from './catalog.ts';
import { salvageIndex } from './rebuild.ts';

const INDEX_KEY = /^index\/([0-9a-f]{64})\.idx$/;
/** An index file that a clone keeps, or one that a killed process left half-written. */
const KEPT = /^([0-9a-f]{64})\.idx/;
const JOBS = 8;
/** Other processes merge index files while this one reads them; each time, the merged one is there already. */
const ATTEMPTS = 8;

/**
 * Reads what a store holds: the condemned list first, then the index. A gc does it the other way round, so no pack that
 * it removes can look sound here.
 * @param cache folder that keeps index files of a remote between runs
 * @param known segments that need not be read again
 */
export async function loadCatalog(
  remote: Remote,
  cache: string | undefined,
  known: readonly IndexFile[],
): Promise<Catalog> {
  const byName = new Map(known.map((segment) => [segment.name, segment]));
  for (let attempt = 1; ; attempt++) {
    const condemned = await readCondemned(remote);
    try {
      const { segments, bad } = await loadSegments(remote, cache, byName);
      if (bad.length > 0) segments.push(await replaceIndexes(remote, bad));
      return new Catalog(segments, condemned, bad);
    } catch (error) {
      if (!(error instanceof VarveError) || error.code !== 'object-missing' || attempt === ATTEMPTS)
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
        if (error instanceof VarveError && error.code === 'damaged-index') return undefined;
        throw error;
      });
      if (segment === undefined) bad.push(name);
      else known.set(name, segment);
    },
  );
  if (cache !== undefined) await forget(cache, new Set(names));
  return { segments: names.flatMap((name) => known.get(name) ?? []), bad };
}

/** A local store mends itself; what lies on a remote is only read here, and `verify` names it. */
async function replaceIndexes(remote: Remote, bad: readonly string[]): Promise<IndexFile> {
  const { bytes, segment } = await salvageIndex(remote);
  if (remote.localPath !== undefined) {
    // The damaged file may have this very name.
    await remote.write(indexKey(segment.name), bytes, { sha256: segment.name, overwrite: true });
    await remote.remove(bad.filter((name) => name !== segment.name).map(indexKey));
  }
  return segment;
}

async function loadSegment(remote: Remote, cache: string | undefined, name: string): Promise<IndexFile> {
  if (cache === undefined) return IndexFile.parse(await remote.read(indexKey(name)), name);
  const path = join(cache, `${name}.idx`);
  try {
    return IndexFile.parse(await readFile(path), name);
  } catch {
    // Not there yet, or damaged: the remote's own copy decides.
  }
  const bytes = await remote.read(indexKey(name));
  const segment = IndexFile.parse(bytes, name);
  await keepIndex(cache, name, bytes);
  return segment;
}

/** Keeps a copy of an index file of a remote, so that no later process need read it from there. */
export async function keepIndex(cache: string, name: string, bytes: Uint8Array): Promise<void> {
  const path = join(cache, `${name}.idx`);
  await mkdir(cache, { recursive: true });
  const temporary = `${path}.${process.pid}`;
  await writeFile(temporary, bytes);
  await renameOver(temporary, path);
}

/** Drops cached index files that the remote no longer has. */
async function forget(cache: string, names: ReadonlySet<string>): Promise<void> {
  for (const file of await readdir(cache).catch(() => [])) {
    const name = KEPT.exec(file)?.[1];
    if (name !== undefined && !names.has(name)) await unlink(join(cache, file)).catch(() => undefined);
  }
}
