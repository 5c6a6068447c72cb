import { posix } from 'node:path';
import { LRUCache } from 'lru-cache';
import { VarveError } from '../errors.ts';
import { findRevision, resolveRevision } from '../workspace/git/pointers.ts';
import { pathInRepository } from '../workspace/repository.ts';
import { noSuchFile } from './backend/errors.ts';
import type { FileReader, OpenedFile } from './backend/file-reader.ts';
import type { SnapshotFile } from './backend/results.ts';
import type { DatasetVersion, VersionPart } from './backend/version.ts';
import type { Context, Watch } from './context/context.ts';
import { type OpenedRepository, openRepositoryAt } from './context/open-other.ts';
import type { SourceOptions } from './get.ts';
import { namedVersion } from './open-version.ts';

export interface ReadVersionsOptions extends SourceOptions {
  /** Of paths that name none; the pointers of the working tree unless given. */
  readonly revision?: string | undefined;
}

/** A file or folder of a version, of a dataset or above it. */
export interface VersionEntry {
  /** The last step of its path. */
  readonly name: string;
  readonly kind: 'file' | 'directory';
  /** In bytes; of a folder, or in a repository of DVC, perhaps unknown. */
  readonly size?: number;
  readonly digest?: string;
}

/** Lists of files that are kept: of so many versions, the last ones used. */
const MAX_LISTS = 16;
const MAX_FOLDERS = 100_000;

/**
 * Open a repository to list and read many files of its versions, as a file system. Close it.
 * @throws VarveError `repository-missing`, `repository-unreachable`, `revision-unknown`, `settings-untrusted`
 */
export async function readVersions(
  cwd: string,
  { repository, revision }: ReadVersionsOptions = {},
  watch: Watch = {},
): Promise<VersionTree> {
  const opened = await openRepositoryAt(cwd, repository, watch);
  try {
    const { context, commit } = opened;
    const meant = revision === undefined ? commit : resolveRevision(context.repository.root, revision);
    return new VersionTree(opened, meant, await context.backend.openFiles());
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/**
 * The datasets of a repository as a tree of files, at any revision: `PATH`, `PATH@REV` or `PATH@REV/INSIDE`. What a revision names is
 * looked up once, so that who reads for hours reads one version; of the working tree, each call sees the pointers as they are then.
 */
export class VersionTree {
  readonly #opened: OpenedRepository;
  readonly #files: FileReader;
  /** The commit of paths that name no revision; undefined for the working tree. */
  readonly #commit: string | undefined;
  readonly #commits = new Map<string, string | undefined>();
  /** The datasets of a commit, by their paths. */
  readonly #datasets = new Map<string, Promise<ReadonlyMap<string, DatasetVersion>>>();
  /** Folders of commits, by the words that named them: whoever reads a file of one is about to read others. */
  readonly #folders = new Map<string, Place>();
  /** The files of versions. */
  readonly #lists = new LRUCache<string, FileList, DatasetVersion>({
    max: MAX_LISTS,
    fetchMethod: (_, __, { context }) => this.#read(context),
  });

  constructor(opened: OpenedRepository, commit: string | undefined, files: FileReader) {
    this.#opened = opened;
    this.#commit = commit;
    this.#files = files;
  }

  get commit(): string | undefined {
    return this.#commit;
  }

  get root(): string {
    return this.#opened.context.repository.root;
  }

  /** What lies at a path. @throws VarveError `path-missing`, `dataset-missing`, `object-missing` */
  async entry(argument: string): Promise<VersionEntry> {
    const place = await this.#place(argument);
    if (place.found === undefined) return { name: posix.basename(place.path), kind: 'directory' };
    const { version, part } = place.found;
    if (part === undefined && version.kind === 'directory') return folderEntry(version.path);
    const file = await this.#fileOf(place.found);
    if (file !== undefined) return fileEntry(part ?? version.path, file);
    if ((await this.#listOf(version)).hasFolder(part!)) return folderEntry(part!);
    throw noSuchFile(version, part);
  }

  /** What lies in a folder, or the file itself. @throws VarveError as entry */
  async list(argument: string): Promise<VersionEntry[]> {
    const { found, path, commit } = await this.#place(argument);
    if (found === undefined) return this.#above(path, commit);
    const { version, part } = found;
    const file = await this.#fileOf(found);
    if (file !== undefined) return [fileEntry(part ?? version.path, file)];
    const within = (await this.#listOf(version)).within(part ?? '');
    if (within !== undefined) return within;
    if (part === undefined) return [];
    throw noSuchFile(version, part);
  }

  /** The files below a folder at any depth: paths relative to it. @throws VarveError as entry */
  async walk(argument: string): Promise<readonly (VersionEntry & { readonly path: string })[]> {
    const { found, path, commit } = await this.#place(argument);
    const all = found === undefined ? await this.#datasetsBelow(path, commit) : [found];
    const files: (VersionEntry & { readonly path: string })[] = [];
    for (const { version, part } of all) {
      const base = found === undefined ? version.path.slice(path === '' ? 0 : path.length + 1) : '';
      const prefix = part === undefined ? '' : `${part}/`;
      for (const file of (await this.#listOf(version)).files.values()) {
        if (version.kind === 'file') files.push({ ...fileEntry(version.path, file), path: base });
        else if (file.path.startsWith(prefix))
          files.push({
            ...fileEntry(file.path, file),
            path: posix.join(base, file.path.slice(prefix.length)),
          });
      }
    }
    return files;
  }

  /** @throws VarveError `path-missing`, `dataset-missing`, `object-missing`, `digest-mismatch` */
  async open(argument: string): Promise<OpenedFile> {
    const { found, path } = await this.#place(argument);
    if (found === undefined) throw isFolder(path);
    const file = await this.#fileOf(found);
    if (file === undefined) {
      const { version, part } = found;
      const isDirectory = part === undefined || (await this.#listOf(version)).hasFolder(part);
      throw isDirectory ? isFolder(argument) : noSuchFile(version, part);
    }
    return this.#files.open(found.version, file);
  }

  /** Look up again what revisions name, from now on. */
  refresh(): void {
    this.#commits.clear();
    this.#folders.clear();
  }

  async close(): Promise<void> {
    try {
      await this.#files.close();
    } finally {
      await this.#opened.close();
    }
  }

  get #context(): Context {
    return this.#opened.context;
  }

  /**
   * Find what a path means. `found` is undefined for a folder above datasets.
   * @throws VarveError `dataset-missing`
   */
  async #place(argument: string): Promise<Place> {
    const given = argument.replace(/\/+$/, '') || '.';
    const [folder, name] = [posix.dirname(given), posix.basename(given)];
    const known = this.#folders.get(folder);
    // A name with an @ may be that of a version.
    if (known !== undefined && !name.includes('@')) return placeIn(known, name);
    const place = await this.#meant(given);
    if (place !== undefined) {
      this.#remember(folder, name, place);
      return place;
    }
    if (this.#commit === undefined) {
      const { version, part } = await namedVersion(this.#context, given);
      return { found: { version, part }, path: version.path, commit: version.commit };
    }
    throw new VarveError('dataset-missing', `${argument} is no dataset in ${this.#commit.slice(0, 12)}`, {
      path: argument,
      remedy: 'List what there is; a revision stands behind the path of a dataset: `data/photos@v1/a.jpg`.',
    });
  }

  /** Names may hold an `@`: a dataset of the very name is meant, then what a revision has, then what lies in a dataset under that name. */
  async #meant(given: string): Promise<Place | undefined> {
    const literal = await this.#placeAt(given, this.#commit);
    if (literal?.found !== undefined && literal.found.part === undefined) return literal;
    let first: Place | undefined;
    for (const [path, commit] of this.#versionsIn(given)) {
      const place = await this.#placeAt(path, commit);
      if (place !== undefined && (await this.#exists(place))) return place;
      first ??= place;
    }
    return literal !== undefined && (first === undefined || (await this.#exists(literal))) ? literal : first;
  }

  async #exists({ found }: Place): Promise<boolean> {
    if (found?.part === undefined) return true;
    const list = await this.#listOf(found.version);
    return list.files.has(found.part) || list.hasFolder(found.part);
  }

  /** Remember the folder that a file was found in: of a commit, which does not change. */
  #remember(folder: string, name: string, { found, path, commit }: Place): void {
    const part = found?.part;
    if (part === undefined || commit === undefined || posix.basename(part) !== name) return;
    if (this.#folders.size >= MAX_FOLDERS) this.#folders.clear();
    const within = part === name ? undefined : posix.dirname(part);
    this.#folders.set(folder, {
      found: { version: found!.version, part: within },
      path: posix.dirname(path),
      commit,
    });
  }

  /** Every way to read a path with a revision behind an `@` that ends before one of the slashes. */
  *#versionsIn(argument: string): Generator<readonly [path: string, commit: string]> {
    for (let at = argument.indexOf('@', 1); at > 0; at = argument.indexOf('@', at + 1)) {
      for (let end = argument.indexOf('/', at); ; end = argument.indexOf('/', end + 1)) {
        const stop = end < 0 ? argument.length : end;
        const commit = this.#commitOf(argument.slice(at + 1, stop));
        if (commit !== undefined) yield [argument.slice(0, at) + argument.slice(stop), commit];
        if (end < 0) break;
      }
    }
  }

  #commitOf(revision: string): string | undefined {
    if (!this.#commits.has(revision)) this.#commits.set(revision, findRevision(this.root, revision));
    return this.#commits.get(revision);
  }

  async #placeAt(argument: string, commit: string | undefined): Promise<Place | undefined> {
    const { repository, cwd, backend } = this.#context;
    const path = pathInRepository(repository, cwd, argument);
    const datasets = commit === undefined ? undefined : await this.#datasetsAt(commit);
    for (let at = path; at !== '' && at !== '.'; at = posix.dirname(at)) {
      const version = datasets === undefined ? await backend.version(at, undefined) : datasets.get(at);
      if (version?.path !== at) continue;
      if (at === path) return { found: { version, part: undefined }, path, commit };
      if (version.kind === 'directory')
        return { found: { version, part: path.slice(at.length + 1) }, path, commit };
    }
    const below = await this.#datasetsBelow(path, commit);
    return path === '' || below.length > 0 ? { found: undefined, path, commit } : undefined;
  }

  #datasetsAt(commit: string): Promise<ReadonlyMap<string, DatasetVersion>> {
    const known =
      this.#datasets.get(commit) ??
      this.#context.backend
        .versionsAt(commit)
        .then(({ versions }) => new Map(versions.map((version) => [version.path, version])));
    this.#datasets.set(commit, known);
    return known;
  }

  async #datasetsBelow(folder: string, commit: string | undefined): Promise<VersionPart[]> {
    const { backend } = this.#context;
    const versions =
      commit === undefined ? (await backend.select([])).versions : (await this.#datasetsAt(commit)).values();
    const below = folder === '' ? '' : `${folder}/`;
    return [...versions]
      .filter(({ path }) => path.startsWith(below))
      .map((version) => ({ version, part: undefined }));
  }

  async #above(folder: string, commit: string | undefined): Promise<VersionEntry[]> {
    const entries = new Map<string, VersionEntry>();
    for (const { version } of await this.#datasetsBelow(folder, commit)) {
      const rest = version.path.slice(folder === '' ? 0 : folder.length + 1);
      const [name = '', ...more] = rest.split('/');
      if (entries.has(name)) continue;
      if (more.length > 0 || version.kind === 'directory') entries.set(name, { name, kind: 'directory' });
      else entries.set(name, { name, kind: 'file', size: version.bytes, digest: version.name });
    }
    return [...entries.values()];
  }

  async #fileOf({ version, part }: VersionPart): Promise<SnapshotFile | undefined> {
    if (version.kind === 'directory' && part === undefined) return undefined;
    if (version.kind === 'file' && part !== undefined) return undefined;
    const { files } = await this.#listOf(version);
    return part === undefined ? files.values().next().value : files.get(part);
  }

  #listOf(version: DatasetVersion): Promise<FileList> {
    return this.#lists.forceFetch(`${version.path}\0${version.name}`, { context: version });
  }

  async #read(version: DatasetVersion): Promise<FileList> {
    const files = new Map<string, SnapshotFile>();
    for await (const file of this.#context.backend.listFiles(version)) files.set(file.path, file);
    return new FileList(files);
  }
}

interface Place {
  readonly found: VersionPart | undefined;
  /** From the root. */
  readonly path: string;
  readonly commit: string | undefined;
}

function placeIn({ found, path, commit }: Place, name: string): Place {
  const { version, part } = found!;
  return {
    found: { version, part: part === undefined ? name : `${part}/${name}` },
    path: `${path}/${name}`,
    commit,
  };
}

/** The files of a version by their paths, and, once asked for, what lies in each folder. */
class FileList {
  readonly files: ReadonlyMap<string, SnapshotFile>;
  #folders: Map<string, Map<string, VersionEntry>> | undefined;

  constructor(files: ReadonlyMap<string, SnapshotFile>) {
    this.files = files;
  }

  hasFolder(path: string): boolean {
    return this.#byFolder().has(path);
  }

  /** What lies directly in a folder; undefined if there is none. */
  within(folder: string): VersionEntry[] | undefined {
    const found = this.#byFolder().get(folder);
    return found && [...found.values()];
  }

  #byFolder(): Map<string, Map<string, VersionEntry>> {
    if (this.#folders !== undefined) return this.#folders;
    const folders = new Map<string, Map<string, VersionEntry>>();
    for (const file of this.files.values()) {
      let entry = fileEntry(file.path, file);
      for (let at = file.path; at !== '.'; at = posix.dirname(at)) {
        const folder = at.includes('/') ? posix.dirname(at) : '';
        const siblings = folders.get(folder);
        if (siblings?.has(entry.name)) break;
        if (siblings === undefined) folders.set(folder, new Map([[entry.name, entry]]));
        else siblings.set(entry.name, entry);
        if (folder === '') break;
        entry = folderEntry(folder);
      }
    }
    this.#folders = folders;
    return folders;
  }
}

function folderEntry(path: string): VersionEntry {
  return { name: posix.basename(path), kind: 'directory' };
}

function fileEntry(path: string, { size, digest }: SnapshotFile): VersionEntry {
  const facts = { ...(size === undefined ? {} : { size }), ...(digest === undefined ? {} : { digest }) };
  return { name: posix.basename(path), kind: 'file', ...facts };
}

function isFolder(path: string): VarveError {
  return new VarveError('path-missing', `${path} is a folder`, {
    path,
    remedy: 'Name one of its files; a listing shows them.',
  });
}
