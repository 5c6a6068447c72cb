import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { forEach } from '../../base/threads/concurrency.ts';
import { VarveError } from '../../errors.ts';
import { isDirectory, type ObjectId, objectKey } from '../format/object-id.ts';
import type { DvcContext } from '../tree/context.ts';
import { isRecorded, type RecordedOutput, type Selected } from '../tree/select.ts';
import { cachedFiles, isCached } from './cache.ts';
import { openDvcRemote } from './remotes.ts';

/** An object that is not what its name says. */
export interface DamagedObject {
  readonly key: string;
  /** The outputs that need it; no `files` means the list of the files itself, so all of them. */
  readonly users: readonly ObjectUser[];
}

export interface ObjectUser {
  readonly path: string;
  /** The MD5 of the output. */
  readonly digest: string;
  readonly files: readonly string[];
}

export interface DvcVerified {
  readonly objects: number;
  readonly checkedBytes: number;
  readonly damage: readonly DamagedObject[];
  /** What was never fetched, or never pushed. */
  readonly absent: readonly ObjectUser[];
  /** What was checked: null for the cache. */
  readonly remote: { readonly name: string; readonly url: string } | null;
}

/** Reads files at once; far more than there are workers, so that none waits. */
const AT_ONCE = 64;

/**
 * Check every byte of the objects in the cache, whether or not an output names them, and that what outputs name is there;
 * with `remote`, the objects of the outputs on that remote.
 */
export async function verifyOutputs(
  context: DvcContext,
  selected: readonly Selected[],
  remoteName: string | undefined,
): Promise<DvcVerified> {
  const needed = await neededObjects(context, selected);
  if (remoteName === undefined) {
    const { cacheDir: root } = context.repository.config;
    for (const id of objectsIn(root)) {
      if (!needed.has(objectKey(id))) needed.set(objectKey(id), { id, users: new Map() });
    }
    const found = await verifyObjects(context, needed, AT_ONCE, async (id) => {
      const path = join(root, objectKey(id));
      return (await context.pool.run({ kind: 'verify', path, id })).facts.size;
    });
    return { ...found, remote: null };
  }
  const remote = await openDvcRemote(context, remoteName);
  try {
    const found = await verifyObjects(context, needed, Math.min(remote.jobs, AT_ONCE), (id) =>
      remote.check(id),
    );
    return { ...found, remote: { name: remoteName, url: remote.url } };
  } finally {
    await remote.close();
  }
}

interface Needed {
  readonly id: ObjectId;
  /** By the path of the output. */
  readonly users: Map<string, { readonly path: string; readonly digest: string; readonly files: string[] }>;
}

async function verifyObjects(
  context: DvcContext,
  objects: ReadonlyMap<string, Needed>,
  jobs: number,
  check: (id: ObjectId) => Promise<number>,
): Promise<Omit<DvcVerified, 'remote'>> {
  const damage: DamagedObject[] = [];
  const absent = new Map<string, ObjectUser & { readonly files: string[] }>();
  let checkedBytes = 0;
  let done = 0;
  await forEach(objects, jobs, async ([key, { id, users }]) => {
    context.signal?.throwIfAborted();
    try {
      const bytes = await check(id);
      checkedBytes += bytes;
    } catch (error) {
      const code = error instanceof VarveError ? error.code : undefined;
      if (code === 'object-missing') noteAbsent(absent, users.values());
      else if (code === 'digest-mismatch') damage.push({ key, users: [...users.values()] });
      else throw error;
    }
    context.onProgress?.({ phase: 'verify', unit: 'objects', done: ++done, total: objects.size });
  });
  damage.sort((a, b) => (a.key < b.key ? -1 : 1));
  return { objects: objects.size, checkedBytes, damage, absent: [...absent.values()] };
}

function noteAbsent(
  absent: Map<string, ObjectUser & { readonly files: string[] }>,
  users: Iterable<ObjectUser>,
): void {
  for (const { path, digest, files } of users) {
    const key = `${path}\0${digest}`;
    const known = absent.get(key) ?? { path, digest, files: [] };
    known.files.push(...files);
    absent.set(key, known);
  }
}

/** Objects by key, with the paths of the files that are made of them. */
async function neededObjects(
  context: DvcContext,
  selected: readonly Selected[],
): Promise<Map<string, Needed>> {
  const needed = new Map<string, Needed>();
  const need = (id: ObjectId, output: RecordedOutput, file?: string) => {
    const known = needed.get(objectKey(id)) ?? { id, users: new Map() };
    const user = known.users.get(output.path) ?? { path: output.path, digest: output.id.value, files: [] };
    if (file !== undefined) user.files.push(file);
    known.users.set(output.path, user);
    needed.set(objectKey(id), known);
  };
  for (const { output } of selected) {
    if (!isRecorded(output) || !output.cached) continue;
    need(output.id, output);
    if (!isDirectory(output.id)) continue;
    for (const { path, id } of (await readableFiles(context, output.id)) ?? []) need(id, output, path);
  }
  return needed;
}

/** A damaged list is told by its own check. */
async function readableFiles(context: DvcContext, id: ObjectId) {
  if (!isCached(context, id)) return undefined;
  return cachedFiles(context, id).catch((error: unknown) => {
    if (error instanceof VarveError && ['digest-mismatch', 'manifest-damaged'].includes(error.code))
      return undefined;
    throw error;
  });
}

/** Every object of both layouts in a cache. */
function* objectsIn(root: string): Iterable<ObjectId> {
  const layouts = [
    { folder: join(root, 'files', 'md5'), hash: 'md5' },
    { folder: root, hash: 'md5-dos2unix' },
  ] as const;
  for (const { folder, hash } of layouts) {
    for (const first of names(folder)) {
      if (!/^[0-9a-f]{2}$/.test(first)) continue;
      for (const rest of names(join(folder, first))) {
        if (/^[0-9a-f]{30}(\.dir)?$/.test(rest)) yield { hash, value: first + rest };
      }
    }
  }
}

function names(folder: string): string[] {
  return lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(folder) : [];
}
