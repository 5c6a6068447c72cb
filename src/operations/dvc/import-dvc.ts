import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { comparePaths } from '../../base/files/path-order.ts';
import { isDirectory, type ObjectId, objectKey } from '../../dvc/format/object-id.ts';
import { filesOf, isCached } from '../../dvc/objects/cache.ts';
import { fetchOutputs } from '../../dvc/objects/transfer.ts';
import type { DvcContext } from '../../dvc/tree/context.ts';
import { outputsAt } from '../../dvc/tree/pointers.ts';
import type { DvcRepository } from '../../dvc/tree/repository.ts';
import { isRecorded, type RecordedOutput } from '../../dvc/tree/select.ts';
import { VarveError } from '../../errors.ts';
import { openRemote } from '../../remote/open.ts';
import { type Digest, parseDigest } from '../../store/format/digest.ts';
import { encodeManifest, type ManifestEntry } from '../../store/format/manifest.ts';
import { Store } from '../../store/store.ts';
import type { Batch } from '../../store/writing/batch.ts';
import { initialConfig } from '../../workspace/config.ts';
import { excludeFromGit } from '../../workspace/git/exclude.ts';
import { gitList } from '../../workspace/git/git.ts';
import {
  type CommitFacts,
  commitsOfBranches,
  renamedFiles,
  rewriteBranches,
  type TreeChange,
} from '../../workspace/git/rewrite-branches.ts';
import { formatPointer, type Pointer, pointerPath } from '../../workspace/pointer.ts';
import { cacheFolder, importedCacheRequest } from '../../workspace/trust/cache.ts';
import { requireTrust } from '../../workspace/trust/consent.ts';
import { notDvc } from '../backend/errors.ts';
import type { ImportDvcResult } from '../backend/results.ts';
import { closing } from '../context/closing.ts';
import { NOT_IN_GIT } from '../init.ts';
import { type DvcPlace, inDvc } from './context.ts';
import { openProfileStore } from './profiles.ts';

/** The pointer fields that an output's data has in varve's format. */
type Snapshot = Pick<Pointer, 'kind' | 'digest' | 'bytes' | 'files' | 'executable'>;

/** One line of the record of what was taken over, from which an import that was cut off goes on. */
interface Known {
  readonly key: string;
  readonly digest: Digest;
  readonly size: number;
}

/**
 * Take the versions of every output that the history of local branches names into varve's own format. Data comes from DVC's
 * cache, else from its remotes; every byte is checked by its MD5, then kept under its SHA-256. Until all of it is there, nothing
 * in the repository changes; then the new branches appear beside the old ones.
 */
export async function importDvc(context: DvcPlace): Promise<ImportDvcResult> {
  const { repository: dvc } = context;
  if (dvc.prefix !== '') throw notDvc(dvc.root);
  return inDvc(context, async (within) => {
    const commits = commitsOfBranches(dvc.root);
    const outputs = new Map(
      commits.map(({ id }) => [
        id,
        outputsAt(dvc, id)
          .filter(isRecorded)
          .filter(({ cached }) => cached),
      ]),
    );
    const versions = distinctVersions([...outputs.values()].flat());
    await fetchWhatIsThere(within, versions);
    const importer = await Importer.open(within, dvc);
    const missing: { path: string; md5: string }[] = [];
    try {
      for (const output of versions) {
        context.signal?.throwIfAborted();
        if (!(await importer.take(output))) missing.push({ path: output.path, md5: output.id.value });
        context.onProgress?.({
          phase: 'import',
          unit: 'objects',
          done: importer.snapshots.size,
          total: versions.length,
        });
      }
      await importer.takeProfiles(await openProfileStore(context), versions);
    } finally {
      await importer.close();
    }
    importer.publish();
    const changesOf = (commit: CommitFacts) =>
      changesFor(dvc, commit, outputs.get(commit.id) ?? [], importer);
    const branches = rewriteBranches(dvc.root, 'varve', commits, changesOf);
    return { branches, snapshots: importer.snapshots.size, missing };
  });
}

function distinctVersions(outputs: readonly RecordedOutput[]): RecordedOutput[] {
  return [...new Map(outputs.map((output) => [objectKey(output.id), output])).values()];
}

/** One output at a time: what one of them lacks must not keep the others away. */
async function fetchWhatIsThere(context: DvcContext, versions: readonly RecordedOutput[]): Promise<void> {
  for (const output of versions) {
    if (output.imported === 'repository') continue;
    try {
      if (!(await isWhole(context, output))) await fetchOutputs(context, [{ output }], {});
    } catch (error) {
      if (!(error instanceof VarveError) || !['object-missing', 'remote-unset'].includes(error.code))
        throw error;
    }
  }
}

async function isWhole(context: DvcContext, output: RecordedOutput): Promise<boolean> {
  return (
    isCached(context, output.id) && (await filesOf(context, output)).every(({ id }) => isCached(context, id))
  );
}

/** What lies in the working tree also where a branch of DVC's is checked out, which has no `.varve/.gitignore`. */
const HIDDEN = NOT_IN_GIT.trimEnd()
  .split('\n')
  .map((pattern) => `/.varve${pattern}`);

/** Fills a store of varve from DVC's cache. It lies beside varve's cache until it is complete. */
class Importer {
  /** By the key of the output's object. */
  readonly snapshots = new Map<string, Snapshot>();
  readonly profiles = new Set<string>();
  readonly #context: DvcContext;
  readonly #folder: string;
  readonly #target: string;
  readonly #store: Store;
  readonly #known = new Map<string, Known>();

  static async open(context: DvcContext, dvc: DvcRepository): Promise<Importer> {
    requireTrust(dvc.root, importedCacheRequest(dvc.root));
    const target = cacheFolder(dvc, {});
    const folder = join(dirname(target), 'import');
    mkdirSync(folder, { recursive: true });
    // A store that is there already, from an import before, goes on.
    const place = existsSync(target) ? target : join(folder, 'cache');
    return new Importer(context, folder, target, await Store.open(await openRemote(place)));
  }

  private constructor(context: DvcContext, folder: string, target: string, store: Store) {
    this.#context = context;
    this.#folder = folder;
    this.#target = target;
    this.#store = store;
    for (const known of readRecord(this.#record))
      if (store.has(known.digest)) this.#known.set(known.key, known);
  }

  get #record(): string {
    return join(this.#folder, 'objects.jsonl');
  }

  /** Return false if the data cannot be had. */
  async take(output: RecordedOutput): Promise<boolean> {
    const key = objectKey(output.id);
    if (this.snapshots.has(key)) return true;
    if (!(await isWhole(this.#context, output))) return false;
    const batch = this.#store.batch();
    try {
      const fresh = new Map<string, Known>();
      const snapshot = await this.#add(batch, output, fresh);
      await batch.commit();
      // Written behind the commit, so that a line stands only for what the store holds.
      appendFileSync(this.#record, [...fresh.values()].map((known) => `${JSON.stringify(known)}\n`).join(''));
      for (const [name, known] of fresh) this.#known.set(name, known);
      this.snapshots.set(key, snapshot);
      return true;
    } catch (error) {
      await batch.abort();
      throw error;
    }
  }

  /** Profiles that varve had made for DVC's outputs come along. */
  async takeProfiles(from: Store, versions: readonly RecordedOutput[]): Promise<void> {
    await closing(from, async () => {
      const batch = this.#store.batch();
      for (const { profile } of versions) {
        if (profile === undefined || !from.has(profile.digest)) continue;
        await batch.addBytes(from.readStream(profile.digest), 'meta');
        this.profiles.add(profile.digest);
      }
      await batch.commit();
    });
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  /** Move the complete store to where varve looks for it. */
  publish(): void {
    excludeFromGit(this.#context.repository.root, HIDDEN);
    if (existsSync(this.#target)) return;
    mkdirSync(dirname(this.#target), { recursive: true });
    renameSync(join(this.#folder, 'cache'), this.#target);
  }

  async #add(batch: Batch, output: RecordedOutput, fresh: Map<string, Known>): Promise<Snapshot> {
    const entries: ManifestEntry[] = [];
    for (const { path, id } of await filesOf(this.#context, output)) {
      this.#context.signal?.throwIfAborted();
      const { digest, size } = this.#known.get(objectKey(id)) ?? (await this.#addObject(batch, id, fresh));
      entries.push({ path, size, digest });
    }
    const bytes = entries.reduce((sum, { size }) => sum + size, 0);
    if (!isDirectory(output.id)) {
      return {
        kind: 'file',
        digest: entries[0]!.digest!,
        bytes,
        files: 1,
        ...(output.executable && { executable: true }),
      };
    }
    entries.sort((a, b) => comparePaths(a.path, b.path));
    const { digest } = await batch.addBytes(encodeManifest(entries), 'meta');
    return { kind: 'directory', digest, bytes, files: entries.length };
  }

  async #addObject(batch: Batch, id: ObjectId, fresh: Map<string, Known>): Promise<Known> {
    const key = objectKey(id);
    const twice = fresh.get(key);
    if (twice !== undefined) return twice;
    const path = join(this.#context.repository.config.cacheDir, key);
    await this.#context.pool.run({ kind: 'verify', path, id });
    const known = { key, ...(await batch.addFile(path)) };
    fresh.set(key, known);
    return known;
  }
}

function readRecord(path: string): Known[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.flatMap((line) => {
    try {
      const { key, digest, size } = JSON.parse(line) as Known;
      return [{ key, digest: parseDigest(digest, path), size: Number(size) }];
    } catch {
      // The last line of an import that was cut off, or nothing.
      return [];
    }
  });
}

/** One commit of DVC as one of varve: pointers, settings and ignore files take the place of DVC's. */
function changesFor(
  dvc: DvcRepository,
  commit: CommitFacts,
  outputs: readonly RecordedOutput[],
  importer: Importer,
): TreeChange[] {
  const taken = outputs.filter(({ id }) => importer.snapshots.has(objectKey(id)));
  const kept = new Set(outputs.filter((output) => !taken.includes(output)).map(({ pointer }) => pointer));
  const replaced = new Set(
    taken
      .filter(({ stage, pointer }) => stage === undefined && !kept.has(pointer))
      .map(({ pointer }) => pointer),
  );
  const paths = gitList(dvc.root, ['ls-tree', '-r', '-z', '--name-only', '--full-tree', commit.id]);
  const isNeeded = kept.size > 0 || paths.some((path) => posix.basename(path) === 'dvc.yaml');
  if (!isNeeded && paths.includes('.dvc/config')) replaced.add('.dvc/config');
  return [
    { path: '.varve/config.yaml', text: initialConfig() },
    { path: '.varve/.gitignore', text: NOT_IN_GIT },
    ...taken.map((output) => ({
      path: pointerPath(output.path),
      text: formatPointer(pointerOf(output, importer)),
    })),
    ...[...replaced].map((path) => ({ path, remove: true as const })),
    ...renamedFiles(dvc.root, commit.id, paths, '.dvcignore', '.varveignore'),
  ];
}

function pointerOf({ path, id, profile, meta }: RecordedOutput, importer: Importer): Pointer {
  const known = profile !== undefined && importer.profiles.has(profile.digest) ? profile : undefined;
  return {
    path: posix.basename(path),
    ...importer.snapshots.get(objectKey(id))!,
    ...(known?.rows === undefined ? {} : { rows: known.rows }),
    ...(known === undefined ? {} : { profile: known.digest }),
    ...(meta && { meta }),
  };
}
