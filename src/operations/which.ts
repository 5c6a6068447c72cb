import { VarveError } from '../errors.ts';
import { shortened } from '../wording/abridged.ts';
import { counted } from '../wording/numbers.ts';
import { refsContaining } from '../workspace/git/refs-containing.ts';
import type { CommittedVersion, ContentKey, DatasetVersion, HistoryEntry } from './backend/version.ts';
import type { Context } from './context/context.ts';
import { digestsOfRun, runIdOf } from './tracked-run.ts';

export interface WhichOptions {
  /** Look within folders even if a whole dataset has the digest. */
  readonly files?: boolean | undefined;
}

export interface WhichResult {
  /** As it was asked for. */
  readonly digest: string;
  /** In the order of their paths. */
  readonly found: readonly FoundDigest[];
  /** Versions of folders that were to be looked into, and whose lists of files are not in the cache. */
  readonly notSearched: number;
}

/** Something in the history that has the digest. */
export interface FoundDigest {
  /** The whole digest: `sha256:…`, or of DVC `md5:…`. */
  readonly digest: string;
  /** The data of a dataset, the statistics of one, or a file within one. */
  readonly what: 'dataset' | 'profile' | 'file';
  /** The dataset, from the root. */
  readonly path: string;
  /** The path within the dataset. Set if it is a file within one. */
  readonly file?: string;
  /** The commits that brought it, newest first. It is in those after each until one changes it. */
  readonly commits: readonly FoundCommit[];
  /** Tags at which it is, sorted. */
  readonly tags: readonly string[];
  /** Branches and remote branches at which it is, sorted. */
  readonly branches: readonly string[];
  /** Whether a pointer of the working tree names it, committed or not. */
  readonly isHere: boolean;
}

export type FoundCommit = Omit<HistoryEntry, 'version'>;

/** A thing that was found, while more versions may still turn out to hold it. */
interface Finding extends Pick<FoundDigest, 'digest' | 'what' | 'path' | 'file'> {
  readonly commits: FoundCommit[];
  /** The contents of the versions that hold it. */
  readonly contents: Set<ContentKey>;
}

/** Digests that a message names: a server may have told of many. */
const MAX_SHOWN = 3;

type Version = CommittedVersion | DatasetVersion;
type Test = (name: string) => boolean;

/** Four hex digits at least, as Git wants of a short name. */
const WANTED = /^(?:(sha256|md5):)?([0-9a-f]{4,64}(?:\.dir)?)$/;

/**
 * Find what in the history has a digest: datasets, their statistics and, where no dataset has it, files within folders whose lists are
 * in the cache. Asks no remote; for the digests of a run, asks the tracking server of MLflow that the environment names.
 * @param digest `sha256:…` or `md5:…`, with or without the algorithm, whole or its first digits; or `runs:/ID`, a run of MLflow
 * @throws VarveError `digest-invalid`, `digest-unknown`, and the codes of digestsOfRun
 */
export async function which(
  context: Context,
  digest: string,
  { files = false }: WhichOptions = {},
): Promise<WhichResult> {
  const runId = runIdOf(digest);
  const wanted = runId === undefined ? [digest] : await digestsOfRun(runId, context.signal);
  const tests = wanted.map(testOf);
  const isWanted: Test = (name) => tests.some((test) => test(name));
  const versions = await everyVersion(context);
  const findings = new Map<string, Finding>();
  for (const version of versions) noteDataset(findings, version, isWanted);
  const notSearched =
    files || findings.size === 0 ? await noteFiles(context, findings, versions, isWanted) : 0;
  if (findings.size === 0) throw unknown(context, wanted, notSearched);
  const unfound = wanted.filter(
    (_, index) => ![...findings.values()].some(({ digest }) => tests[index]!(digest)),
  );
  if (unfound.length > 0) {
    const { message, remedy } = unknown(context, unfound, notSearched);
    context.onWarning?.(`${message}. ${remedy}`);
  }
  const found: FoundDigest[] = [];
  for (const finding of findings.values()) found.push(await describe(context, finding));
  return { digest, found: found.sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1)), notSearched };
}

function testOf(digest: string): Test {
  const match = WANTED.exec(digest.toLowerCase());
  if (match === null) {
    throw new VarveError('digest-invalid', `${JSON.stringify(digest.slice(0, 100))} is no digest`, {
      path: shortened(digest, 100),
      remedy:
        'Give `sha256:` and hex digits as `varve log` and `varve status --json` show them; the first 4 or more do. A run of MLflow is `runs:/ID`.',
    });
  }
  const [, algorithm, digits] = match;
  return (name) => {
    const [found, value = ''] = name.split(':');
    return (algorithm === undefined || algorithm === found) && value.startsWith(digits!);
  };
}

/** Of the history, and of the working tree, where a pointer may not be committed yet. */
async function everyVersion({ backend, signal, onWarning }: Context): Promise<Version[]> {
  const versions: Version[] = [];
  for await (const version of backend.everyVersion()) {
    signal?.throwIfAborted();
    versions.push(version);
  }
  const here = await backend.select([]);
  for (const { message } of here.problems ?? []) onWarning?.(message);
  return [...versions, ...here.versions];
}

function noteDataset(findings: Map<string, Finding>, version: Version, isWanted: Test): void {
  const { path, name } = version;
  const profile = version.profile ?? version.footers;
  if (isWanted(name)) note(findings, { what: 'dataset', digest: name, path }, version);
  if (profile !== undefined && isWanted(profile))
    note(findings, { what: 'profile', digest: profile, path }, version);
}

/** Return how many versions could not be looked into. */
async function noteFiles(
  context: Context,
  findings: Map<string, Finding>,
  versions: readonly Version[],
  isWanted: Test,
): Promise<number> {
  const folders = new Map<ContentKey, Version[]>();
  for (const version of versions) {
    if (version.kind !== 'directory') continue;
    folders.set(version.content, [...(folders.get(version.content) ?? []), version]);
  }
  let notSearched = 0;
  for (const [done, same] of [...folders.values()].entries()) {
    context.onProgress?.({ phase: 'look into folders', unit: 'objects', done, total: folders.size });
    if (!(await noteFilesOf(context, findings, same, isWanted))) notSearched += 1;
  }
  return notSearched;
}

/** @param versions of one content. Returns whether the list of its files is in the cache. */
async function noteFilesOf(
  { backend, signal }: Context,
  findings: Map<string, Finding>,
  versions: readonly Version[],
  isWanted: Test,
): Promise<boolean> {
  try {
    for await (const { path: file, digest } of backend.listFiles(versions[0]!, true)) {
      signal?.throwIfAborted();
      if (digest === undefined || !isWanted(digest)) continue;
      for (const version of versions)
        note(findings, { what: 'file', digest, path: version.path, file }, version);
    }
    return true;
  } catch (error) {
    if (error instanceof VarveError && error.code === 'object-missing') return false;
    throw error;
  }
}

function note(
  findings: Map<string, Finding>,
  thing: Pick<Finding, 'digest' | 'what' | 'path' | 'file'>,
  version: Version,
): void {
  const key = JSON.stringify([thing.what, thing.digest, thing.path, thing.file]);
  const finding = findings.get(key) ?? { ...thing, commits: [], contents: new Set() };
  findings.set(key, finding);
  finding.contents.add(version.content);
  if (!('subject' in version)) return;
  const { commit, date, author, subject } = version;
  finding.commits.push({ commit, date, author, subject });
}

/** A commit that brought it is in the history of many tags and branches; it is only at some of them. */
async function describe(context: Context, { contents, commits, ...thing }: Finding): Promise<FoundDigest> {
  const holds = new Map<string | undefined, boolean>();
  const isAt = async (commit: string | undefined): Promise<boolean> => {
    context.signal?.throwIfAborted();
    const known = holds.get(commit) ?? (await hasContent(context, thing.path, commit, contents));
    holds.set(commit, known);
    return known;
  };
  const names = { tag: [] as string[], branch: [] as string[] };
  const refs = refsContaining(
    context.repository.root,
    commits.map(({ commit }) => commit),
  );
  for (const { kind, name, commit } of refs) if (await isAt(commit)) names[kind].push(name);
  const isHere = await isAt(undefined);
  return { ...thing, commits, tags: names.tag.sort(), branches: names.branch.sort(), isHere };
}

async function hasContent(
  { backend }: Context,
  path: string,
  commit: string | undefined,
  contents: ReadonlySet<ContentKey>,
): Promise<boolean> {
  try {
    const version = await backend.version(path, commit);
    return version?.path === path && contents.has(version.content);
  } catch (error) {
    // A pointer that cannot be read names nothing.
    if (error instanceof VarveError && error.code !== 'git-failed') return false;
    throw error;
  }
}

function placeOf({ path, file = '', what, digest }: FoundDigest): string {
  return [path, file, what, digest].join('\0');
}

function unknown({ backend }: Context, digests: readonly string[], notSearched: number): VarveError {
  const more = digests.length - MAX_SHOWN;
  const shown = `${digests.slice(0, MAX_SHOWN).join(', ')}${more > 0 ? ` and ${counted(more, 'other digest')}` : ''}`;
  const within =
    notSearched === 0
      ? ''
      : ` The files of ${notSearched} versions of folders are not known here: \`varve fetch --all-commits\` brings them.`;
  return new VarveError('digest-unknown', `No version of ${backend.terms.dataset} here has ${shown}`, {
    path: digests[0]!,
    remedy: `It may be on a branch that is not here: \`git fetch --all --tags\` brings those.${within}`,
  });
}
