import { VarveError } from '../../errors.ts';
import { gitStream } from './git.ts';
import {
  type DatasetCommit,
  datasetOf,
  EVERY_POINTER,
  isPointerChange,
  pointed,
  readBlobs,
} from './pointers.ts';

/** A commit that brought a version of a dataset. */
export interface VersionCommit extends Omit<DatasetCommit, 'pointer'> {
  /** POSIX, from the root. */
  readonly path: string;
  readonly pointer: NonNullable<DatasetCommit['pointer']>;
}

type Change = Omit<VersionCommit, 'pointer'> & { readonly blob: string; readonly isMerge: boolean };

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
  const changes: Change[] = [];
  for await (const change of pointerChanges(root, revisions)) changes.push(change);
  const versionOf = ({ path, blob }: Change): string => `${blob} ${path}`;
  const ordinary = new Set(changes.filter(({ isMerge }) => !isMerge).map(versionOf));
  const brought = changes.filter((change) => !change.isMerge || !ordinary.has(versionOf(change)));
  const texts = readBlobs(root, [...new Set(brought.map(({ blob }) => blob))]);
  const seen = new Set<string>();
  for (const { path: file, blob, isMerge: _, ...commit } of brought) {
    // Once for each parent of a merge.
    const key = `${commit.commit} ${file}`;
    if (seen.has(key)) continue;
    seen.add(key);
    try {
      yield {
        ...commit,
        path: datasetOf(file),
        pointer: pointed(file, texts.get(blob), commit.commit).pointer,
      };
    } catch (error) {
      if (!(error instanceof VarveError) || error.code === 'git-failed') throw error;
      onUnreadable(error);
    }
  }
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
