import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { removeQuietly, unfinishedName } from '../../base/files/atomic-write.ts';
import { loadConfig } from '../../dvc/format/config.ts';
import { type DirectoryEntry, directoryId, encodeDirectory } from '../../dvc/format/directory-manifest.ts';
import { isDirectory, type ObjectId, objectKey } from '../../dvc/format/object-id.ts';
import { newPointer, withProfile } from '../../dvc/format/pointer-edit.ts';
import { type DvcContext, withWorkers } from '../../dvc/tree/context.ts';
import { outputsAt } from '../../dvc/tree/pointers.ts';
import { type DvcRepository, openDvcRepository } from '../../dvc/tree/repository.ts';
import { dvcCacheRequest } from '../../dvc/trust/requests.ts';
import { VarveError } from '../../errors.ts';
import type { Digest } from '../../store/format/digest.ts';
import type { Store } from '../../store/store.ts';
import { transfer } from '../../store/transfer/transfer.ts';
import { excludeFromGit } from '../../workspace/git/exclude.ts';
import { gitList } from '../../workspace/git/git.ts';
import { datasetsAt, type PointedDataset } from '../../workspace/git/pointers.ts';
import {
  type CommitFacts,
  commitsOfBranches,
  renamedFiles,
  rewriteBranches,
  type TreeChange,
} from '../../workspace/git/rewrite-branches.ts';
import { pointerPath } from '../../workspace/pointer.ts';
import type { Repository } from '../../workspace/repository.ts';
import type { TrustRequest } from '../../workspace/trust/request.ts';
import type { ExportDvcResult } from '../backend/results.ts';
import { closing } from '../context/closing.ts';
import { type WorkingContext, watching } from '../context/context.ts';
import { rootOf, snapshotFiles } from './datasets/select.ts';
import { isInPlace, isUnread } from './in-place/snapshot.ts';
import { openCache, openRemoteStore } from './stores/stores.ts';

/** What a snapshot is in DVC's format. */
interface Exported {
  readonly id: ObjectId;
  readonly files: number;
}

/** One line of the record from which an export that was cut off goes on. */
interface Known {
  readonly digest: Digest;
  readonly md5: string;
}

/** The file of this name as `dvc init` writes it. */
const DVC_GITIGNORE = '/config.local\n/tmp\n/cache\n';

/**
 * Turn the snapshots of every commit on local branches into outputs of DVC. Data comes from the cache, else from the default
 * remote; every byte is checked by its SHA-256, then kept under its MD5. Until all of it is there, nothing in the repository
 * changes; then the new branches appear beside the old ones.
 */
export async function exportDvc(context: WorkingContext): Promise<ExportDvcResult> {
  const { root } = context.repository;
  const commits = commitsOfBranches(root);
  const datasets = new Map(commits.map(({ id }) => [id, datasetsAt(root, id)]));
  const distinct = [
    ...new Map([...datasets.values()].flat().map((one) => [one.pointer.digest, one])).values(),
  ];
  hideDvcFolder(root);
  const repository = openDvcRepository(root);
  const where = { repository, cwd: root, ...watching(context) };
  const exporter = await withWorkers(where, async (within) =>
    closing(await openCache(context), async (cache) => {
      const made = new Exporter(within, context.repository, cache);
      for (const one of distinct) {
        context.signal?.throwIfAborted();
        await bringIn(context, cache, one);
        await made.take(one);
        context.onProgress?.({
          phase: 'export',
          unit: 'objects',
          done: made.exported.size,
          total: distinct.length,
        });
      }
      return made;
    }),
  );
  const changesOf = (commit: CommitFacts) =>
    changesFor(repository, commit, datasets.get(commit.id) ?? [], exporter.exported);
  const branches = rewriteBranches(root, 'dvc', commits, changesOf);
  const missing = distinct.filter(({ pointer }) => !exporter.exported.has(pointer.digest));
  return {
    branches,
    outputs: exporter.exported.size,
    missing: missing.map(({ path, pointer }) => ({ path, digest: pointer.digest })),
    lost: [...exporter.lost].sort(),
  };
}

/** What the cache asks of this machine that an export fills. */
export function exportRequest(root: string): TrustRequest | undefined {
  return existsSync(join(root, '.dvc')) ? dvcCacheRequest(root, loadConfig(root)) : undefined;
}

/** Git must not see DVC's folder on branches that are varve's, and have no `.dvc/.gitignore`. */
function hideDvcFolder(root: string): void {
  const patterns = DVC_GITIGNORE.trimEnd().split('\n');
  excludeFromGit(
    root,
    patterns.map((pattern) => `/.dvc${pattern}`),
  );
  mkdirSync(join(root, '.dvc', 'tmp', 'varve', 'export'), { recursive: true });
}

/** Fetch what the cache lacks of a snapshot from the default remote, if there is one. */
async function bringIn(context: WorkingContext, cache: Store, dataset: PointedDataset): Promise<void> {
  if (isInPlace(dataset.pointer) || (await isWhole(context.repository, cache, dataset))) return;
  try {
    const { store } = await openRemoteStore(context);
    await closing(store, () => transfer(store, cache, [rootOf(dataset)], watching(context)));
  } catch (error) {
    if (!(error instanceof VarveError) || !['object-missing', 'remote-unset'].includes(error.code))
      throw error;
  }
}

async function isWhole(
  repository: Repository,
  cache: Store,
  { path, pointer }: PointedDataset,
): Promise<boolean> {
  if (!cache.has(pointer.digest)) return false;
  for await (const file of snapshotFiles(repository, cache, path, pointer)) {
    if (isUnread(file) || (file.digest !== undefined && !cache.has(file.digest))) return false;
  }
  return true;
}

/** Fills DVC's cache from the store of varve. */
class Exporter {
  readonly exported = new Map<Digest, Exported>();
  readonly lost = new Set<string>();
  readonly #context: DvcContext;
  readonly #varve: Repository;
  readonly #cache: Store;
  readonly #folder: string;
  /** MD5 by SHA-256 of the files that DVC's cache has. */
  readonly #known: Map<string, string>;

  constructor(context: DvcContext, varve: Repository, cache: Store) {
    this.#context = context;
    this.#varve = varve;
    this.#cache = cache;
    this.#folder = join(context.repository.stateFolder, 'export');
    this.#known = new Map(readRecord(this.#record).map(({ digest, md5 }) => [digest, md5]));
  }

  get #record(): string {
    return join(this.#folder, 'objects.jsonl');
  }

  async take(dataset: PointedDataset): Promise<void> {
    if (!(await isWhole(this.#varve, this.#cache, dataset))) return;
    const { path, pointer } = dataset;
    const entries: DirectoryEntry[] = [];
    for await (const entry of snapshotFiles(this.#varve, this.#cache, path, pointer)) {
      this.#context.signal?.throwIfAborted();
      if (entry.path !== '' && (entry.digest === undefined || entry.executable))
        this.lost.add(`${path}/${entry.path}`);
      if (entry.digest !== undefined)
        entries.push({ path: entry.path, id: await this.#object(entry.digest) });
    }
    const id = pointer.kind === 'file' ? entries[0]!.id : await this.#list(entries);
    this.exported.set(pointer.digest, { id, files: entries.length });
  }

  async #object(digest: Digest): Promise<ObjectId> {
    const { cacheDir: root, shared } = this.#context.repository.config;
    const known = this.#known.get(digest);
    if (known !== undefined && existsSync(join(root, objectKey({ hash: 'md5', value: known })))) {
      return { hash: 'md5', value: known };
    }
    const path = join(this.#folder, unfinishedName());
    try {
      await this.#cache.restore(digest, path);
      const { id } = await this.#context.pool.run({ kind: 'store', path, root, hash: 'md5', shared });
      this.#known.set(digest, id.value);
      appendFileSync(this.#record, `${JSON.stringify({ digest, md5: id.value } satisfies Known)}\n`);
      return id;
    } finally {
      removeQuietly(path);
    }
  }

  async #list(entries: readonly DirectoryEntry[]): Promise<ObjectId> {
    const { cacheDir: root, shared } = this.#context.repository.config;
    const bytes = encodeDirectory(entries);
    const id = directoryId(bytes, 'md5');
    await this.#context.pool.run({ kind: 'save', root, id, from: new Uint8Array(bytes), shared });
    return id;
  }
}

function readRecord(path: string): Known[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => /^\{"digest":"sha256:[0-9a-f]{64}","md5":"[0-9a-f]{32}"\}$/.test(line))
    .map((line) => JSON.parse(line) as Known);
}

/** One commit of varve as one of DVC. What a pipeline made is in its dvc.lock already. */
function changesFor(
  repository: DvcRepository,
  commit: CommitFacts,
  datasets: readonly PointedDataset[],
  exported: ReadonlyMap<Digest, Exported>,
): TreeChange[] {
  const { root } = repository;
  const paths = gitList(root, ['ls-tree', '-r', '-z', '--name-only', '--full-tree', commit.id]);
  const made = new Set(outputsAt(repository, commit.id).map(({ path }) => path));
  const taken = datasets.filter(({ pointer }) => exported.has(pointer.digest));
  const settings = taken.length === datasets.length ? paths.filter(isSetting) : [];
  return [
    ...(paths.includes('.dvc/config') ? [] : [{ path: '.dvc/config', text: '' }]),
    { path: '.dvc/.gitignore', text: DVC_GITIGNORE },
    ...taken
      .filter(({ path }) => !made.has(path))
      .map((one) => ({ path: `${one.path}.dvc`, text: pointerText(one, exported.get(one.pointer.digest)!) })),
    ...[...taken.map(({ path }) => pointerPath(path)), ...settings].map((path) => ({
      path,
      remove: true as const,
    })),
    ...renamedFiles(root, commit.id, paths, '.varveignore', '.dvcignore'),
  ];
}

function isSetting(path: string): boolean {
  return path.startsWith('.varve/');
}

function pointerText({ path, pointer }: PointedDataset, { id, files }: Exported): string {
  const text = newPointer(posix.basename(path), {
    id,
    size: pointer.bytes,
    ...(isDirectory(id) && { files }),
    executable: pointer.executable ?? false,
    ...(pointer.meta && { meta: pointer.meta }),
  });
  if (pointer.profile === undefined) return text;
  const { profile: digest, rows } = pointer;
  return withProfile(text, `${path}.dvc`, id, { digest, ...(rows === undefined ? {} : { rows }) });
}
