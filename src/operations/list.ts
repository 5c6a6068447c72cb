import { isChosen, isWithin } from '../base/files/path-order.ts';
import { VarveError } from '../errors.ts';
import { shellWord } from '../wording/quote.ts';
import { resolveRevision } from '../workspace/git/pointers.ts';
import { pathInRepository } from '../workspace/repository.ts';
import type { DatasetVersions } from './backend/backend.ts';
import type { SnapshotFile, WithProblems } from './backend/results.ts';
import type { DatasetVersion, VersionPart } from './backend/version.ts';
import { closing } from './context/closing.ts';
import type { Context, Watch } from './context/context.ts';
import { openRepositoryAt } from './context/open-other.ts';
import { problemsField } from './datasets/each.ts';
import { splitRevisions, versionNamed } from './datasets/revisions.ts';
import type { SourceOptions } from './get.ts';

export interface ListOptions {
  /** Every file, at any depth; else what lies in a folder is counted. */
  readonly recursive?: boolean | undefined;
}

export interface ListResult extends WithProblems {
  /** The datasets that are meant, or in which the files lie. */
  readonly datasets: readonly ListedDataset[];
  /** What lies in the dataset or folder that was named; empty if none was. */
  readonly files: readonly ListedFile[];
}

export interface ListedDataset {
  /** From the root. */
  readonly path: string;
  /** The commit that has it; null for the version that the pointer of the working tree names. */
  readonly commit: string | null;
  readonly kind: 'file' | 'directory';
  readonly digest: string;
  readonly bytes: number;
  readonly files: number;
  readonly rows?: number;
}

export interface ListedFile {
  /** From the root. */
  readonly path: string;
  readonly kind: 'file' | 'directory';
  /** Absent in a repository of DVC, which keeps no sizes of files within. */
  readonly bytes?: number;
  /** Files in a folder, at any depth; 1 of a file. */
  readonly files: number;
  /** Of a file, if its bytes have been read. */
  readonly digest?: string;
}

/**
 * List datasets, or what lies within one, as a version has it. Reads pointers and manifests; no data need be here.
 * @param words perhaps a revision, then paths: datasets, files and folders within, or folders that hold datasets. None: all datasets
 * @throws VarveError `dataset-missing`, `path-missing`, `revision-unknown`, `object-missing`, `repository-unreachable`
 */
export async function list(
  cwd: string,
  words: readonly string[],
  { repository, ...options }: ListOptions & SourceOptions = {},
  watch: Watch = {},
): Promise<ListResult> {
  return closing(await openRepositoryAt(cwd, repository, watch), async ({ context, commit }) => {
    const { commits, paths } = await splitRevisions(context, words, 1);
    return listAt(context, commits[0] ?? commit, paths, options);
  });
}

/** As list, for a revision and paths that nobody has to tell apart. */
export async function listAt(
  context: Context,
  revision: string | undefined,
  paths: readonly string[],
  { recursive = false }: ListOptions = {},
): Promise<ListResult> {
  const commit = revision === undefined ? undefined : resolveRevision(context.repository.root, revision);
  const all = paths.length === 0 ? await datasetsOf(context, commit) : NONE;
  const versions = [...all.versions];
  const problems = [...(all.problems ?? [])];
  const files: ListedFile[] = [];
  for (const path of paths) {
    const one = await versionNamed(context, path, commit);
    const found =
      one === undefined ? await datasetsBelow(context, path, commit) : { versions: [one.version] };
    versions.push(...found.versions);
    problems.push(...(found.problems ?? []));
    if (one?.part !== undefined || one?.version.kind === 'directory')
      files.push(...(await filesWithin(context, one, recursive)));
  }
  const datasets = new Map(versions.map((version) => [`${version.commit}:${version.path}`, listed(version)]));
  return { datasets: [...datasets.values()], files, ...problemsField(problems) };
}

const NONE: DatasetVersions = { versions: [] };

/** The versions that a path means at a commit, or in the working tree: one, or those of all datasets in a folder. */
export async function versionsMeant(
  context: Context,
  argument: string,
  commit: string | undefined,
): Promise<VersionPart[]> {
  const one = await versionNamed(context, argument, commit);
  if (one !== undefined) return [one];
  const { versions, problems = [] } = await datasetsBelow(context, argument, commit);
  const [first] = problems;
  if (first !== undefined) throw new VarveError(first.code, first.message, first);
  return wholes(versions);
}

/** @throws VarveError `dataset-missing` if there is none */
async function datasetsBelow(
  context: Context,
  argument: string,
  commit: string | undefined,
): Promise<DatasetVersions> {
  const folder = pathInRepository(context.repository, context.cwd, argument);
  const all = await datasetsOf(context, commit);
  const versions = all.versions.filter(({ path }) => isWithin(path, folder));
  const problems = (all.problems ?? []).filter(({ path }) => isWithin(path, folder));
  if (versions.length + problems.length > 0) return { versions, problems };
  const { dataset, datasets } = context.backend.terms;
  const where = commit === undefined ? '' : ` in ${commit.slice(0, 12)}`;
  throw new VarveError('dataset-missing', `${argument} is not ${dataset}${where}, and holds none`, {
    path: argument,
    remedy: `\`varve ls\` lists the ${datasets} that there are, and \`varve ls REV\` those of a commit.`,
  });
}

async function datasetsOf({ backend }: Context, commit: string | undefined): Promise<DatasetVersions> {
  return commit === undefined ? backend.select([]) : backend.versionsAt(commit);
}

function wholes(versions: readonly DatasetVersion[]): VersionPart[] {
  return versions.map((version) => ({ version, part: undefined }));
}

async function filesWithin(
  { backend }: Context,
  { version, part }: VersionPart,
  recursive: boolean,
): Promise<ListedFile[]> {
  const files = new Map<string, ListedFile>();
  for await (const file of backend.listFiles(version)) {
    if (!isChosen(file.path, part === undefined ? undefined : [part])) continue;
    const step = recursive ? file.path : firstStep(file.path, part);
    files.set(step, added(files.get(step), `${version.path}/${step}`, file, step));
  }
  if (files.size > 0 || part === undefined) return [...files.values()];
  throw new VarveError('path-missing', `${version.path} has nothing at ${part}`, {
    path: `${version.path}/${part}`,
    remedy: `\`varve ls ${shellWord(`${version.path}${version.commit === undefined ? '' : `@${version.commit.slice(0, 12)}`}`)}\` lists what it has.`,
  });
}

/** The path of what lies directly in a folder, and holds the file or is it. */
function firstStep(path: string, part: string | undefined): string {
  if (path === part) return path;
  const slash = path.indexOf('/', part === undefined ? 0 : part.length + 1);
  return slash < 0 ? path : path.slice(0, slash);
}

function added(before: ListedFile | undefined, path: string, file: SnapshotFile, step: string): ListedFile {
  const { size, digest } = file;
  if (step === file.path) {
    const facts = { ...(size === undefined ? {} : { bytes: size }), files: 1 };
    return { path, kind: 'file', ...facts, ...(digest === undefined ? {} : { digest }) };
  }
  const bytes = size === undefined ? undefined : (before?.bytes ?? 0) + size;
  return {
    path,
    kind: 'directory',
    ...(bytes === undefined ? {} : { bytes }),
    files: (before?.files ?? 0) + 1,
  };
}

function listed({ path, commit, kind, name, bytes, files, rows }: DatasetVersion): ListedDataset {
  const facts = { kind, digest: name, bytes, files, ...(rows === undefined ? {} : { rows }) };
  return { path, commit: commit ?? null, ...facts };
}
