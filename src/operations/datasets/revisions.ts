import { existsSync } from 'node:fs';
import { posix, resolve } from 'node:path';
import { isWithin } from '../../base/files/path-order.ts';
import { VarveError } from '../../errors.ts';
import { shellWord } from '../../wording/quote.ts';
import { mergeBase } from '../../workspace/git/merge-base.ts';
import { findRevision, resolveRevision, revisionUnknown } from '../../workspace/git/pointers.ts';
import { pathInRepository } from '../../workspace/repository.ts';
import type { VersionPart } from '../backend/version.ts';
import type { Context } from '../context/context.ts';

/**
 * The version that `path@REV` names, or `path` for that of the working tree: of a dataset, or of a file or folder within one. Names may
 * hold an `@`: what is there under the very name is meant, then what a revision has, then what the working tree's version has. Undefined
 * if it names no dataset: a plain file or folder, or nothing at all.
 * @param commit that is meant in place of the working tree
 * @throws VarveError `revision-unknown`, `path-outside`, `dataset-missing` if the commit has no such dataset
 */
export async function versionNamed(
  context: Context,
  argument: string,
  commit?: string,
): Promise<VersionPart | undefined> {
  const here = await versionAt(context, argument, commit);
  const isThere =
    (here !== undefined && here.part === undefined) || existsSync(resolve(context.cwd, argument));
  const splits = isThere ? [] : splitsAtSign(argument);
  if (splits.length === 0) return here;
  const found = await versionsOf(context, splits);
  if (found.length === 1 && here === undefined) return found[0];
  for (const one of [...found, here]) if (one !== undefined && (await hasPart(context, one))) return one;
  if (found[0] !== undefined) return found[0];
  throw nothingNamed(context, argument, splits);
}

/** What each reading of an argument as `path@REV` names, in their order. */
async function versionsOf(context: Context, splits: readonly Split[]): Promise<VersionPart[]> {
  const found: VersionPart[] = [];
  for (const [path, revision] of splits) {
    const commit = findRevision(context.repository.root, revision);
    const version = commit === undefined ? undefined : await versionAt(context, path, commit);
    if (version !== undefined) found.push(version);
  }
  return found;
}

function nothingNamed(context: Context, argument: string, splits: readonly Split[]): VarveError {
  const { root } = context.repository;
  const { dataset } = context.backend.terms;
  for (const [path, revision] of splits) {
    const commit = findRevision(root, revision);
    if (commit === undefined) continue;
    return new VarveError('dataset-missing', `${path} is not ${dataset} in ${commit.slice(0, 12)}`, {
      path,
      remedy: `\`varve log ${shellWord(path)}\` shows the commits that have it, and what it was called before.`,
    });
  }
  // Of `a@b@REV`, the last is the revision that was meant; `REV@{1}` has an @ of its own.
  const [, revision] = splits.at(argument.endsWith('}') ? 0 : -1)!;
  return revisionUnknown(revision);
}

/** The dataset at a path of the user, or around it, as a commit has it; as the working tree has it if `commit` is undefined. */
async function versionAt(
  { backend, repository, cwd }: Context,
  argument: string,
  commit: string | undefined,
): Promise<VersionPart | undefined> {
  const path = pathInRepository(repository, cwd, argument);
  for (let at = path; at !== '.' && at !== ''; at = posix.dirname(at)) {
    const version = await backend.version(at, commit);
    if (version === undefined) continue;
    // Of its pointer, the path is another than that of the dataset.
    if (at === path) return { version, part: undefined };
    if (version.path === at && version.kind === 'directory')
      return { version, part: path.slice(at.length + 1) };
  }
  return undefined;
}

type Split = readonly [path: string, revision: string];

/** Every way to read an argument as `path@REV`. */
function splitsAtSign(argument: string): Split[] {
  const splits: Split[] = [];
  for (let at = argument.indexOf('@', 1); at > 0; at = argument.indexOf('@', at + 1))
    splits.push([argument.slice(0, at), argument.slice(at + 1)]);
  return splits;
}

/** Whether a version has the part; where its list cannot be had, that is for whoever needs it to meet. */
export async function hasPart({ backend }: Context, { version, part }: VersionPart): Promise<boolean> {
  if (part === undefined) return true;
  try {
    for await (const { path } of backend.listFiles(version)) if (isWithin(path, part)) return true;
    return false;
  } catch (error) {
    if (error instanceof VarveError) return true;
    throw error;
  }
}

/**
 * Leading arguments that are revisions, as `git diff` tells them from paths, and the paths behind them. `A..B` are two; `A...B` are B and
 * the last commit that it shares with A. A side that is left out is HEAD.
 * @throws VarveError `revision-unknown` for a range of which one side is no revision
 */
export async function splitRevisions(
  context: Context,
  words: readonly string[],
  most: number,
): Promise<{ readonly commits: string[]; readonly paths: string[] }> {
  const commits: string[] = [];
  for (const [index, word] of words.slice(0, most).entries()) {
    if (await isPath(context, word)) break;
    const range = index === 0 && most === 2 ? rangeOf(context, word) : undefined;
    if (range !== undefined) return { commits: range, paths: words.slice(1) };
    const commit = findRevision(context.repository.root, word);
    if (commit === undefined) break;
    commits.push(commit);
  }
  return { commits, paths: words.slice(commits.length) };
}

/** The two commits that a range compares; undefined if the word is none. Git lets no name of a branch or tag hold two dots. */
function rangeOf({ repository: { root } }: Context, word: string): string[] | undefined {
  const match = /^(?!\.\.?\/)(.*?)(\.{2,3})(.*)$/.exec(word);
  if (match === null) return undefined;
  const [from, to] = [match[1] || 'HEAD', match[3] || 'HEAD'];
  if (findRevision(root, from) === undefined && findRevision(root, to) === undefined) return undefined;
  const [before, after] = [resolveRevision(root, from), resolveRevision(root, to)];
  return [match[2] === '...' ? mergeBase(root, before, after) : before, after];
}

async function isPath({ cwd, backend }: Context, word: string): Promise<boolean> {
  if (existsSync(resolve(cwd, word))) return true;
  try {
    return (await backend.datasetNamed(word)) !== undefined;
  } catch {
    return false;
  }
}
