import { writeAtomically } from '../../base/files/atomic-write.ts';
import { checkDataPath } from '../../base/files/data-path.ts';
import { joinStreams } from '../../base/files/path-order.ts';
import { readPlainFile } from '../../base/files/plain-file.ts';
import { VarveError } from '../../errors.ts';
import type { Digest } from '../../store/format/digest.ts';
import { encodeManifest, type ManifestEntry } from '../../store/format/manifest.ts';
import type { Store } from '../../store/store.ts';
import { shellWord } from '../../wording/quote.ts';
import { git } from '../../workspace/git/git.ts';
import { type Meta, metaInOrder } from '../../workspace/meta.ts';
import { formatPointer, POINTER_SUFFIX, type Pointer, parseUnnamed } from '../../workspace/pointer.ts';
import { pathInRepository } from '../../workspace/repository.ts';
import { closing } from '../context/closing.ts';
import type { WorkingContext } from '../context/context.ts';
import { withoutSuffix } from '../datasets/pointer-suffix.ts';
import { pinBlocks } from '../varve/datasets/pin-blocks.ts';
import { snapshotFiles } from '../varve/datasets/select.ts';
import { openCache } from '../varve/stores/stores.ts';

/** The three versions of a pointer, in files that Git made; the answer goes into `ours`. */
export interface MergeFiles {
  readonly base: string;
  readonly ours: string;
  readonly theirs: string;
  /** Where the pointer lies in the repository. */
  readonly path: string;
}

export interface MergeResult {
  readonly path: string;
  readonly merged: boolean;
  /** Files that both sides changed, each in its own way. */
  readonly conflicts: readonly string[];
  /** What a person must know. */
  readonly message: string;
}

interface Versions {
  readonly base: Pointer | undefined;
  readonly ours: Pointer;
  readonly theirs: Pointer;
}

/**
 * Merge a pointer as Git merges a folder: file by file, where two versions of a directory changed different files. What
 * cannot be merged is left with the usual marks for a person to decide.
 * @throws VarveError `path-unsafe`, `path-outside`
 */
export async function gitMerge(context: WorkingContext, files: MergeFiles): Promise<MergeResult> {
  const { path } = files;
  checkDataPath(withoutSuffix(path, POINTER_SUFFIX), path);
  for (const file of [files.base, files.ours, files.theirs]) {
    pathInRepository(context.repository, context.cwd, file);
  }
  const versions = readVersions(files);
  if (versions === undefined)
    return leaveToPeople(context, files, [], `${path} cannot be read on both sides`);
  const { base, ours, theirs } = versions;
  const simple =
    ours.digest === theirs.digest
      ? ours
      : base?.digest === ours.digest
        ? theirs
        : base?.digest === theirs.digest
          ? ours
          : undefined;
  const meta = mergedMeta(base?.meta, ours.meta, theirs.meta);
  if (meta === undefined)
    return leaveToPeople(context, files, [], `${path}: both sides say something else of it`);
  if (simple !== undefined) {
    const { meta: _, ...facts } = simple;
    const merged = { ...facts, ...meta };
    return writeMerged(files, merged, `${path}: one side's version is the other's or newer`);
  }
  if (ours.kind === 'file' || theirs.kind === 'file' || base?.kind === 'file') {
    return leaveToPeople(context, files, [], `${path}: both sides changed this file`);
  }
  if ([base, ours, theirs].some((pointer) => pointer?.source !== undefined)) {
    const message = `${path}: what lies in a bucket is not merged: choose a side, or add it anew`;
    return leaveToPeople(context, files, [], message);
  }
  try {
    return await mergeFolders(context, files, versions, meta);
  } catch (error) {
    if (!(error instanceof VarveError)) throw error;
    return leaveToPeople(context, files, [], `${path}: ${error.message}. ${remedyOf(error)}`);
  }
}

/** Merge what people say of a dataset, key by key; undefined if both sides changed one, each in its own way. */
function mergedMeta(
  base: Meta | undefined,
  ours: Meta | undefined,
  theirs: Meta | undefined,
): Pick<Pointer, 'meta'> | undefined {
  const [before, left, right] = [base, ours, theirs].map((meta) => new Map(Object.entries(meta ?? {}))) as [
    Map<string, string>,
    Map<string, string>,
    Map<string, string>,
  ];
  const merged: [string, string][] = [];
  for (const key of new Set([...left.keys(), ...right.keys()])) {
    const [was, here, there] = [before.get(key), left.get(key), right.get(key)];
    if (here !== there && here !== was && there !== was) return undefined;
    const value = here === was ? there : here;
    if (value !== undefined) merged.push([key, value]);
  }
  const meta = metaInOrder(merged);
  return meta === undefined ? {} : { meta };
}

/** In the middle of a merge nothing can be fetched by a pointer with marks, and HEAD does not name the other side. */
function remedyOf({ code, remedy }: VarveError): string {
  if (code !== 'object-missing') return remedy;
  return 'Undo this by `git merge --abort` (in a rebase `git rebase --abort`), run `varve fetch --all-commits`, and merge again.';
}

async function mergeFolders(
  context: WorkingContext,
  files: MergeFiles,
  versions: Versions,
  meta: Pick<Pointer, 'meta'>,
): Promise<MergeResult> {
  return closing(await openCache(context), async (cache) => {
    const { entries, conflicts } = await mergeEntries(context, cache, files.path, versions);
    if (conflicts.length > 0) {
      return leaveToPeople(
        context,
        files,
        conflicts,
        `${files.path}: both sides changed ${conflicts.length} of its files`,
      );
    }
    const batch = cache.batch();
    const { digest } = await batch.addBytes(encodeManifest(entries), 'meta');
    const before = [versions.ours, versions.theirs];
    const put = async (bytes: Uint8Array): Promise<Digest> => (await batch.addBytes(bytes, 'meta')).digest;
    const blocks = await pinBlocks(cache, put, { digest, entries }, { before });
    await batch.commit();
    const listed = entries.filter((entry) => entry.digest !== undefined);
    const bytes = listed.reduce((sum, { size }) => sum + size, 0);
    const merged: Pointer = {
      path: versions.ours.path,
      kind: 'directory',
      digest,
      bytes,
      files: listed.length,
      ...(blocks && { blocks }),
      ...meta,
    };
    const dataset = withoutSuffix(files.path, POINTER_SUFFIX);
    return writeMerged(
      files,
      merged,
      `${dataset}: merged by file. Run \`varve checkout ${shellWord(dataset)}\`, then \`varve add ${shellWord(dataset)}\` for its statistics.`,
    );
  });
}

async function mergeEntries(
  { repository }: WorkingContext,
  cache: Store,
  path: string,
  { base, ours, theirs }: Versions,
): Promise<{ entries: ManifestEntry[]; conflicts: string[] }> {
  const entries: ManifestEntry[] = [];
  const conflicts: string[] = [];
  const before = base === undefined ? [] : snapshotFiles(repository, cache, path, base);
  const both = pairs(
    snapshotFiles(repository, cache, path, ours),
    snapshotFiles(repository, cache, path, theirs),
  );
  for await (const [was, now] of joinStreams(before, both)) {
    const [a, b] = [now?.ours, now?.theirs];
    if (isSame(a, b) || isSame(was, b)) entries.push(...(a === undefined ? [] : [a]));
    else if (isSame(was, a)) entries.push(...(b === undefined ? [] : [b]));
    else conflicts.push((was ?? now)!.path);
  }
  return { entries, conflicts };
}

async function* pairs(
  ours: AsyncIterable<ManifestEntry>,
  theirs: AsyncIterable<ManifestEntry>,
): AsyncGenerator<{ path: string; ours: ManifestEntry | undefined; theirs: ManifestEntry | undefined }> {
  for await (const [a, b] of joinStreams(ours, theirs)) yield { path: (a ?? b)!.path, ours: a, theirs: b };
}

function isSame(a: ManifestEntry | undefined, b: ManifestEntry | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.digest === b.digest && a.executable === b.executable;
}

/** Undefined if our or their side is no pointer. An empty file stands for a base that there is not. */
function readVersions({ base, ours, theirs, path }: MergeFiles): Versions | undefined {
  const [was, a, b] = [base, ours, theirs].map((file) => {
    try {
      const text = readPlainFile(file, path);
      return text === undefined ? undefined : parseUnnamed(text, path);
    } catch (error) {
      if (error instanceof VarveError) return undefined;
      throw error;
    }
  });
  return a === undefined || b === undefined ? undefined : { base: was, ours: a, theirs: b };
}

function writeMerged({ ours, path }: MergeFiles, pointer: Pointer, message: string): MergeResult {
  writeAtomically(ours, [Buffer.from(formatPointer(pointer))]);
  return { path, merged: true, conflicts: [], message };
}

function leaveToPeople(
  { repository }: WorkingContext,
  { base, ours, theirs, path }: MergeFiles,
  conflicts: readonly string[],
  message: string,
): MergeResult {
  const labels = ['-L', 'ours', '-L', 'base', '-L', 'theirs'];
  // As many conflicts as it says by its code; it writes the marks into `ours`.
  const many = Array.from({ length: 127 }, (_, index) => index + 1);
  git(repository.root, ['merge-file', ...labels, '--', ours, base, theirs], { accept: many });
  return { path, merged: false, conflicts, message };
}
