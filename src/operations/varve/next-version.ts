import { foldersAbove, isChosen, isWithin, joinStreams } from '../../base/files/path-order.ts';
import type { ManifestEntry } from '../../store/format/manifest.ts';
import { manifestEntry } from '../../workspace/tree/data-state.ts';
import type { RecordedFile } from '../../workspace/tree/stat-cache.ts';

/** The files of a version of a folder that is about to be made. */
export interface NextVersion {
  /** Sorted by path. */
  readonly entries: readonly ManifestEntry[];
  /** Paths of entries that are to be added and do not lie here: they are as the version before has them. */
  readonly notHere: readonly string[];
}

/**
 * Put the version that follows another together: what lies here, and of the version before what never was here. Only what was here and
 * is gone counts as removed, so that whoever has a part of a folder can change that part.
 * @param here what lies here, of the parts that are added, sorted by path
 * @param before the files of the version before, sorted by path
 * @param gone paths that were here and are here no more
 * @param keepsModes whether the bits of files here are theirs, or those of the version before
 * @param parts what is added: all else stays as it was before, whatever lies here; undefined for all
 */
export async function nextVersion(
  here: readonly RecordedFile[],
  before: AsyncIterable<ManifestEntry>,
  {
    gone,
    keepsModes,
    parts,
  }: {
    readonly gone: ReadonlySet<string>;
    readonly keepsModes: boolean;
    readonly parts: readonly string[] | undefined;
  },
): Promise<NextVersion> {
  const places = new Places(here);
  const entries: ManifestEntry[] = [];
  const notHere: string[] = [];
  for await (const [found, then] of joinStreams(here.map(manifestEntry), before)) {
    if (found !== undefined)
      entries.push(keepsModes || !then?.executable ? found : { ...found, executable: true });
    else if (!gone.has(then!.path) && !places.isTaken(then!.path)) {
      entries.push(then!);
      if (isChosen(then!.path, parts)) notHere.push(then!.path);
    }
  }
  return { entries: withoutFilledFolders(entries), notHere };
}

/** Where files lie, to tell which of the version before have no place beside them. */
class Places {
  readonly #here: readonly RecordedFile[];
  #files: Set<string> | undefined;
  #folders: Set<string> | undefined;

  constructor(here: readonly RecordedFile[]) {
    this.#here = here;
  }

  /** Whether a file lies where the path needs a folder, or the other way round. */
  isTaken(path: string): boolean {
    if (this.#files === undefined) {
      this.#files = new Set(this.#here.map(({ file }) => file.path));
      this.#folders = new Set(this.#here.flatMap(({ file: { path } }) => foldersOf(path)));
    }
    return (
      this.#folders!.has(path.replace(/\/$/, '')) ||
      foldersOf(path).some((folder) => this.#files!.has(folder))
    );
  }
}

/** The folders above a file, or above and at a folder that is empty. */
function foldersOf(path: string): string[] {
  return path.endsWith('/') ? [...foldersAbove(path), path.slice(0, -1)] : foldersAbove(path);
}

/** A folder that is empty here may have files in the version before: the next entry is the first of them. */
function withoutFilledFolders(entries: readonly ManifestEntry[]): ManifestEntry[] {
  return entries.filter(({ path }, index) => {
    const next = entries[index + 1];
    return !(path.endsWith('/') && next !== undefined && isWithin(next.path, path));
  });
}

/** The fewest files and folders that hold everything but what is not here. */
export function partsHere(entries: readonly ManifestEntry[], notHere: readonly string[]): string[] {
  const missing = new Set(notHere);
  const incomplete = new Set(notHere.flatMap(foldersAbove));
  const parts = new Set<string>();
  for (const { path } of entries) {
    if (missing.has(path)) continue;
    parts.add(foldersAbove(path).find((folder) => !incomplete.has(folder)) ?? path.replace(/\/$/, ''));
  }
  return [...parts].sort();
}
