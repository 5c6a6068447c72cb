import { readFileSync, rmSync } from 'node:fs';
import { join, posix } from 'node:path';
import { makeTemporaryFolder } from '../../base/files/temporary-folder.ts';
import { VarveError } from '../../errors.ts';
import { shellWord } from '../../wording/quote.ts';
import { git, gitList } from './git.ts';
import { findRevision, readBlobs } from './pointers.ts';

/** A change of a commit's tree. */
export type TreeChange =
  | { readonly path: string; readonly text: string }
  | { readonly path: string; readonly remove: true };

export interface CommitFacts {
  readonly id: string;
  readonly parents: readonly string[];
  readonly tree: string;
  /** `Name <mail> seconds zone`, as Git stores them. */
  readonly author: string;
  readonly committer: string;
  readonly message: string;
}

/** What the names of new branches begin with: `varve/` after an import from DVC, `dvc/` after an export to it. */
type Prefix = 'varve' | 'dvc';
const WAY_BACK: Readonly<Record<Prefix, Prefix>> = { varve: 'dvc', dvc: 'varve' };

const SCRATCH = 'refs/varve/rewriting';

/** Every commit that a local branch reaches, parents before children. */
export function commitsOfBranches(root: string): CommitFacts[] {
  const format = '--format=%H%x1f%P%x1f%T%x1f%an <%ae> %ad%x1f%cn <%ce> %cd%x1f%B';
  const records = gitList(root, [
    'log',
    '--branches',
    '--topo-order',
    '--reverse',
    '--date=raw',
    '-z',
    format,
  ]);
  return records.map((record) => {
    const [id, parents, tree, author, committer, message] = record.split('\x1f') as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    return {
      id,
      parents: parents.split(' ').filter((parent) => parent !== ''),
      tree,
      author,
      committer,
      message,
    };
  });
}

/**
 * Write every local branch anew beside itself, as `<prefix>/<branch>`, with the changes that `changesOf` gives for each of
 * its commits; authors, dates, messages and merges stay. No branch that there is, nor the working tree, is touched, and the
 * new branches appear all at once, when Git has everything. Returns their names.
 * @throws VarveError `branch-moved` if one of these names has commits of its own
 */
export function rewriteBranches(
  root: string,
  prefix: Prefix,
  commits: readonly CommitFacts[],
  changesOf: (commit: CommitFacts) => readonly TreeChange[],
): string[] {
  const marks = new Map(commits.map(({ id }, index) => [id, `:${index + 1}`]));
  const stream = commits.map((commit, index) => commitCommands(commit, index + 1, marks, changesOf(commit)));
  const heads = gitList(root, ['for-each-ref', '--format=%(refname:short)%00%(objectname)%00', 'refs/heads'])
    .map((text) => text.trim())
    .filter((text) => text !== '');
  const facts = new Map(commits.map((commit) => [commit.id, commit]));
  const tips = new Map<string, CommitFacts>();
  for (let at = 0; at + 1 < heads.length; at += 2) {
    const tip = facts.get(heads[at + 1]!);
    if (tip !== undefined) tips.set(heads[at]!, tip);
  }
  const branches = [...tips].flatMap(([branch, { id }]) => {
    const name = nameBeside(branch, prefix, tips);
    return name === undefined ? [] : [{ name, mark: marks.get(id)! }];
  });
  const written = importStream(root, `${stream.join('')}done\n`);
  moveBranches(
    root,
    branches.map(({ name, mark }) => ({ name, commit: written.get(mark)! })),
  );
  return branches.map(({ name }) => name);
}

/**
 * Name the branch that is made of another; undefined for one that has the prefix. What an import made of `main`, `varve/main`, goes back
 * as `dvc/main`, and stands for `main` itself. Two branches that only have such names keep them whole.
 */
function nameBeside(
  branch: string,
  prefix: Prefix,
  tips: ReadonlyMap<string, CommitFacts>,
): string | undefined {
  const back = `${WAY_BACK[prefix]}/`;
  if (branch.startsWith(`${prefix}/`)) return undefined;
  if (isMadeOf(tips.get(back + branch), tips.get(branch))) return undefined;
  const original = branch.startsWith(back) ? branch.slice(back.length) : branch;
  const isFree = !tips.has(original) || isMadeOf(tips.get(branch), tips.get(original));
  return `${prefix}/${isFree ? original : branch}`;
}

/** Whether one is the other written anew: that keeps authors, dates and messages. */
function isMadeOf(made: CommitFacts | undefined, from: CommitFacts | undefined): boolean {
  if (made === undefined || from === undefined) return false;
  return made.author === from.author && made.committer === from.committer && made.message === from.message;
}

/** The commits that Git made of a stream of git-fast-import, by their marks. */
function importStream(root: string, input: string): ReadonlyMap<string, string> {
  const folder = makeTemporaryFolder('rewriting');
  const file = join(folder, 'marks');
  try {
    git(root, ['fast-import', '--quiet', '--force', '--done', `--export-marks=${file}`], { input });
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    return new Map(lines.map((line) => line.split(' ') as [string, string]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
    git(root, ['update-ref', '-d', SCRATCH]);
  }
}

/** All or none. */
function moveBranches(
  root: string,
  branches: readonly { readonly name: string; readonly commit: string }[],
): void {
  const commands = branches.map(({ name, commit }) => {
    const before = findRevision(root, `refs/heads/${name}`);
    if (before !== undefined && !isAncestor(root, before, commit)) throw movedOn(name);
    return `update refs/heads/${name} ${commit} ${before ?? '0'.repeat(commit.length)}\n`;
  });
  git(root, ['update-ref', '--stdin'], { input: commands.join('') });
}

function isAncestor(root: string, before: string, after: string): boolean {
  return git(root, ['merge-base', '--is-ancestor', before, after], { accept: [1] }).code === 0;
}

function movedOn(branch: string): VarveError {
  return new VarveError('branch-moved', `The branch ${branch} has commits that would be lost`, {
    path: branch,
    remedy: `Rename it by \`git branch -m ${shellWord(branch)} NAME\`, then run the same command again.`,
  });
}

/** Changes that give every file of one name another: ignore files of both tools follow the same rules. */
export function renamedFiles(
  root: string,
  commit: string,
  paths: readonly string[],
  from: string,
  to: string,
): TreeChange[] {
  const found = paths.filter((path) => posix.basename(path) === from);
  const names = found.map((path) => `${commit}:${path}`);
  const texts = readBlobs(root, names);
  return found.flatMap((path, index) => [
    { path: posix.join(posix.dirname(path), to), text: texts.get(names[index]!) ?? '' },
    { path, remove: true as const },
  ]);
}

function commitCommands(
  { parents, tree, author, committer, message }: CommitFacts,
  mark: number,
  marks: ReadonlyMap<string, string>,
  changes: readonly TreeChange[],
): string {
  const [from, ...merged] = parents.map((parent) => marks.get(parent) ?? parent);
  const lines = [
    `commit ${SCRATCH}\nmark :${mark}\nauthor ${author}\ncommitter ${committer}\n${data(message)}`,
    // A root would otherwise follow on what was written before it.
    from === undefined ? '' : `from ${from}\n`,
    ...merged.map((parent) => `merge ${parent}\n`),
    `M 040000 ${tree} \n`,
    ...changes.map(changeCommand),
    '\n',
  ];
  return (from === undefined ? `reset ${SCRATCH}\n\n` : '') + lines.join('');
}

function changeCommand(change: TreeChange): string {
  const path = `"${change.path.replaceAll(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`;
  return 'remove' in change ? `D ${path}\n` : `M 100644 inline ${path}\n${data(change.text)}`;
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}\n`;
}
