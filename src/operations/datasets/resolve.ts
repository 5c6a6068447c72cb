/**
 * Turns what a person writes for a dataset into the dataset. Knows paths, revisions and patterns; knows no statistics,
 * and no format of a pointer but its suffix.
 */

import { existsSync, statSync } from 'node:fs';
import { join, posix, resolve } from 'node:path';
import { type ErrorCode, VarveError } from '../../errors.ts';
import { isUrl } from '../../remote/url.ts';
import { describeUrl } from '../../wording/urls.ts';
import { refuseLinksOut } from '../../workspace/repository.ts';
import type { DatasetVersion, VersionPart } from '../backend/version.ts';
import type { Context, Watch } from '../context/context.ts';
import { openContext } from '../context/open.ts';
import { type Glob, globOf } from './glob.ts';
import { hasPart, versionNamed } from './revisions.ts';

/**
 * A dataset as a person named it: `path`, `path@REV`, a plain file or folder outside version control, or a pattern. What lies within a
 * dataset is a plain file or folder where it is there, and else a part of a version.
 */
export interface NamedDataset {
  /** As it was typed. */
  readonly name: string;
  /** Undefined outside a repository in which varve was started. */
  readonly context: Context | undefined;
  /** Undefined for a plain file or folder. */
  readonly version: DatasetVersion | undefined;
  /** Set for a file or folder within a dataset, whether it is named as a plain one or by a version. */
  readonly part?: { readonly dataset: string; readonly path: string };
  /** Where its data would lie: always there for a plain one, perhaps for the working tree's, undefined for a commit's. */
  readonly absolutePath: string | undefined;
  /** Of a pattern, which files below `absolutePath` it means; all of them otherwise. */
  readonly glob?: Glob;
  /** Its data lies here for this command alone: nothing lies beside it. */
  readonly isForNow?: true;
  readonly watch: Watch;
}

/**
 * Find out what a person means by a path, `path@REV` or a pattern.
 * @throws VarveError `path-missing`, `revision-unknown`, `dataset-missing`, `symlink-refused`, and the codes of parsePointer
 */
export async function nameDataset(cwd: string, argument: string, watch: Watch = {}): Promise<NamedDataset> {
  // Before anything is made of its parts: what stands before an @ may be a password.
  if (isUrl(argument)) {
    throw new VarveError('dataset-missing', `${describeUrl(argument)} is a URL, not a dataset`, {
      path: describeUrl(argument),
      remedy: 'Make it one by `varve add URL --to PATH`, or name a local file or folder.',
    });
  }
  const context = await contextOf(cwd, watch);
  const glob = globOf(cwd, argument);
  refuseLinksOut(cwd, glob === undefined ? argument : join(glob.folder, 'any'));
  const named = context === undefined ? undefined : await namedIn(context, argument, glob !== undefined);
  if (named === undefined && glob !== undefined)
    return { name: argument, context, version: undefined, absolutePath: glob.folder, glob, watch };
  const absolutePath = resolve(cwd, argument);
  const part = partOf(named);
  if (named !== undefined && (part === undefined || !existsSync(absolutePath))) {
    const { version } = named;
    const isHere = version.commit === undefined && part === undefined;
    const place = isHere ? join(context!.repository.root, version.path) : undefined;
    return { name: argument, context, version, absolutePath: place, watch, ...(part && { part }) };
  }
  if (existsSync(absolutePath))
    return { name: argument, context, version: undefined, absolutePath, watch, ...(part && { part }) };
  throw new VarveError('path-missing', `There is nothing at ${argument}`, {
    path: argument,
    remedy: 'Name a dataset, a version of one as `path@REV`, a plain file or folder, or files by a pattern.',
  });
}

function partOf(named: VersionPart | undefined): NamedDataset['part'] {
  if (named?.part === undefined) return undefined;
  return { dataset: named.version.path, path: named.part };
}

/**
 * Name the file that stands for a dataset in Git, for findings to point at: the pointer that names it or what it lies in, else itself.
 */
export function fileInGit(cwd: string, argument: string): string {
  if (isUrl(argument)) return describeUrl(argument);
  const paths = [argument];
  for (let at = argument.indexOf('@', 1); at > 0; at = argument.indexOf('@', at + 1))
    paths.push(argument.slice(0, at));
  const found = paths.map((path) => pointerAround(cwd, path)).find((pointer) => pointer !== undefined);
  const at = existsSync(resolve(cwd, argument)) ? -1 : argument.indexOf('@', 1);
  return found ?? (at < 0 ? argument : argument.slice(0, at)).replace(/\/+$/, '');
}

function pointerAround(cwd: string, path: string): string | undefined {
  for (let at = path.replace(/\/+$/, ''); at !== '' && at !== '.' && at !== '/'; at = posix.dirname(at)) {
    const pointer = ['.varve', '.dvc'].map((suffix) => `${at}${suffix}`);
    const found = pointer.find((file) => existsSync(resolve(cwd, file)));
    if (found !== undefined && !/(^|\/)\.(varve|dvc)$/.test(found)) return found;
  }
  return undefined;
}

/** Give the absolute path of the dataset's own schema: beside its data. */
export function schemaPathOf({ context, version, part, absolutePath }: NamedDataset): string {
  const data = absolutePath ?? join(context!.repository.root, version!.path, part?.path ?? '');
  return `${data.replace(/\/+$/, '')}.schema.yaml`;
}

/** Tell whether rows can be read without fetching anything. */
export function hasData({ absolutePath }: NamedDataset): boolean {
  return absolutePath !== undefined && statSync(absolutePath, { throwIfNoEntry: false }) !== undefined;
}

/** Open the repository around a folder; undefined outside of one in which varve was started. */
export function contextOf(cwd: string, watch: Watch): Promise<Context | undefined> {
  return unless(['repository-missing', 'repository-uninitialised'], () => openContext(cwd, watch));
}

/** @param isPattern so that what names no version, nor a file of one, may still be that */
async function namedIn(
  context: Context,
  argument: string,
  isPattern: boolean,
): Promise<VersionPart | undefined> {
  if (!isPattern) return unless(['path-outside'], () => versionNamed(context, argument));
  const codes: readonly ErrorCode[] = ['path-outside', 'revision-unknown', 'dataset-missing'];
  const named = await unless(codes, () => versionNamed(context, argument));
  return named !== undefined && (await hasPart(context, named)) ? named : undefined;
}

/** Run `look`, and give undefined if it fails with one of these codes. */
async function unless<T>(
  codes: readonly ErrorCode[],
  look: () => Promise<T | undefined>,
): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof VarveError && codes.includes(error.code)) return undefined;
    throw error;
  }
}
