import { VarveError } from '../../errors.ts';
import { pointerPath } from '../pointer.ts';
import { gitStream } from './git.ts';
import {
  askBlobs,
  type DatasetCommit,
  datasetOf,
  EVERY_POINTER,
  isPointerChange,
  pointed,
} from './pointers.ts';

/** A commit that brought a version of a dataset. */
export interface VersionCommit extends Omit<DatasetCommit, 'pointer'> {
  /** POSIX, from the root. */
  readonly path: string;
  readonly pointer: NonNullable<DatasetCommit['pointer']>;
}

/** A commit that changed the pointer of a dataset, which nobody has read yet. */
export interface BringingChange extends Omit<VersionCommit, 'pointer'> {
  /** The content of the pointer, as Git names it. */
  readonly blob: string;
}

type Change = BringingChange & { readonly isMerge: boolean };

/** Begins the record of a commit; no path that Git shows behind a mode begins a record. */
const COMMIT = '\x1e';
const FORMAT = `--format=${COMMIT}%H%x1f%P%x1f%aI%x1f%an%x1f%s`;

/**
 * The commits that brought each version of each dataset, newest first. A merge counts only for versions that none of its sides has.
 * Pointers that cannot be read are left out.
 * @param revisions arguments of git-rev-list, such as `--all`
 * @param onUnreadable told of each pointer that cannot be read
 */
export async function* versionCommits(
  root: string,
  revisions: readonly string[],
  onUnreadable: (error: VarveError) => void = () => undefined,
): AsyncGenerator<VersionCommit> {
  const brought = await bringingChanges(root, revisions);
  const texts = await askBlobs(root, [...new Set(brought.map(({ blob }) => blob))]);
  for (const { path, blob, ...commit } of brought) {
    try {
      const { pointer } = pointed(pointerPath(path), texts.get(blob), commit.commit);
      yield { ...commit, path, pointer };
    } catch (error) {
      if (!(error instanceof VarveError) || error.code === 'git-failed') throw error;
      onUnreadable(error);
    }
  }
}

/** As versionCommits, for those who read few of the pointers. */
export async function bringingChanges(root: string, revisions: readonly string[]): Promise<BringingChange[]> {
  const changes: Change[] = [];
  for await (const change of pointerChanges(root, revisions)) changes.push(change);
  const versionOf = ({ path, blob }: Change): string => `${blob} ${path}`;
  const ordinary = new Set(changes.filter(({ isMerge }) => !isMerge).map(versionOf));
  // Once for each parent of a merge.
  const seen = new Set<string>();
  return changes.flatMap((change) => {
    const { path: file, isMerge, ...rest } = change;
    const key = `${change.commit} ${file}`;
    if (seen.has(key) || (isMerge && ordinary.has(versionOf(change)))) return [];
    seen.add(key);
    return [{ ...rest, path: datasetOf(file) }];
  });
}

async function* pointerChanges(root: string, revisions: readonly string[]): AsyncGenerator<Change> {
  const shape = ['--full-history', '-m', '--root', '--raw', '-z', '--no-renames', '--no-abbrev', FORMAT];
  let commit: Omit<Change, 'path' | 'blob'> | undefined;
  let change: string | undefined;
  for await (const record of gitStream(root, ['log', ...shape, ...revisions, '--', EVERY_POINTER])) {
    const text = record.replace(/^\n+/, '');
    if (change !== undefined) {
      const [, mode = '', , blob = ''] = change.split(' ');
      if (commit !== undefined && isPointerChange(text, mode, blob)) yield { ...commit, path: text, blob };
      change = undefined;
    } else if (text.startsWith(COMMIT)) {
      const [id = '', parents = '', date = '', author = '', subject = ''] = text.slice(1).split('\x1f');
      commit = { commit: id, date, author, subject, isMerge: parents.includes(' ') };
    } else if (text.startsWith(':')) change = text;
  }
}
