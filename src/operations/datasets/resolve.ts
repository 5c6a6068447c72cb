/**
 * Turns what a person writes for a dataset into the dataset. Knows paths, revisions and patterns; knows no statistics,
 * and no format of a pointer but its suffix.
 */

import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type ErrorCode, VarveError } from '../../errors.ts';
import { describeUrl, isUrl } from '../../remote/url.ts';
import { refuseLinksOut } from '../../workspace/repository.ts';
import type { DatasetVersion } from '../backend/version.ts';
import type { Context, Watch } from '../context/context.ts';
import { openContext } from '../context/open.ts';
import { type Glob, globOf } from './glob.ts';
import { versionNamed } from './revisions.ts';

/** A dataset as a person named it: `path`, `path@REV`, a plain file or folder outside version control, or a pattern. */
export interface NamedDataset {
  /** As it was typed. */
  readonly name: string;
  /** Undefined outside a repository in which varve was started. */
  readonly context: Context | undefined;
  /** Undefined for a plain file or folder. */
  readonly version: DatasetVersion | undefined;
  /** Where its data would lie: always there for a plain one, perhaps for the working tree's, undefined for a commit's. */
  readonly absolutePath: string | undefined;
  /** Of a pattern, which files below `absolutePath` it means; all of them otherwise. */
  readonly glob?: Glob;
  readonly watch: Watch;
}

/**
 * Finds out what a person means by a path, `path@REV` or a pattern.
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
  if (glob !== undefined) {
    return { name: argument, context, version: undefined, absolutePath: glob.folder, glob, watch };
  }
  const version = context === undefined ? undefined : await versionOf(context, argument);
  if (context !== undefined && version !== undefined) {
    const absolutePath =
      version.commit === undefined ? join(context.repository.root, version.path) : undefined;
    return { name: argument, context, version, absolutePath, watch };
  }
  const absolutePath = resolve(cwd, argument);
  if (existsSync(absolutePath)) return { name: argument, context, version: undefined, absolutePath, watch };
  throw new VarveError('path-missing', `There is nothing at ${argument}`, {
    path: argument,
    remedy: 'Name a dataset, a version of one as `path@REV`, a plain file or folder, or files by a pattern.',
  });
}

/**
 * Names the file that stands for a dataset in Git, for findings to point at: its pointer if there is one, else itself.
 */
export function fileInGit(cwd: string, argument: string): string {
  const at = existsSync(resolve(cwd, argument)) ? -1 : argument.indexOf('@', 1);
  const path = (at < 0 ? argument : argument.slice(0, at)).replace(/\/+$/, '');
  const pointer = ['.varve', '.dvc'].map((suffix) => `${path}${suffix}`);
  return pointer.find((file) => existsSync(resolve(cwd, file))) ?? path;
}

/** Gives the absolute path of the dataset's own schema: beside its data. */
export function schemaPathOf({ context, version, absolutePath }: NamedDataset): string {
  const data = absolutePath ?? join(context!.repository.root, version!.path);
  return `${data.replace(/\/+$/, '')}.schema.yaml`;
}

/** Tells whether rows can be read without fetching anything. */
export function hasData({ absolutePath }: NamedDataset): boolean {
  return absolutePath !== undefined && statSync(absolutePath, { throwIfNoEntry: false }) !== undefined;
}

function contextOf(cwd: string, watch: Watch): Promise<Context | undefined> {
  return unless(['repository-missing', 'repository-uninitialised'], () => openContext(cwd, watch));
}

function versionOf(context: Context, argument: string): Promise<DatasetVersion | undefined> {
  return unless(['path-outside'], () => versionNamed(context, argument));
}

/** Runs `look`, and gives undefined if it fails with one of these codes. */
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
