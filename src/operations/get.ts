import { lstatSync, statSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import type { CopiedFiles } from './backend/results.ts';
import { closing } from './context/closing.ts';
import type { Watch } from './context/context.ts';
import { openRepositoryAt } from './context/open-other.ts';
import { checkOutputPlace } from './datasets/output-place.ts';
import { taken } from './datasets/whole-target.ts';
import { namedVersion } from './open-version.ts';

export interface SourceOptions {
  /** Another repository: a path, or what `git clone` takes. The one around the folder unless given. */
  readonly repository?: string | undefined;
}

export interface GetOptions extends SourceOptions {
  /** Where the copy goes, or a folder that is there, into which it goes; into the folder that is open unless given. */
  readonly output?: string | undefined;
}

export interface GetResult extends CopiedFiles {
  /** What was copied, from the root of its repository. */
  readonly path: string;
  /** Null for the version that the pointer of the working tree names. */
  readonly commit: string | null;
  /** Where it lies now. Absolute. */
  readonly output: string;
}

/**
 * Copy a version of a dataset, or a file or folder within one, to where nothing lies. It is no dataset there, and no pointer changes.
 * @param argument `path` or `path@REV`
 * @throws VarveError `dataset-missing`, `path-missing`, `object-missing`, `output-exists`, `output-reserved`, `symlink-refused`, `repository-unreachable`, `settings-untrusted`
 */
export async function get(
  cwd: string,
  argument: string,
  { repository, output }: GetOptions = {},
  watch: Watch = {},
): Promise<GetResult> {
  return closing(await openRepositoryAt(cwd, repository, watch), async ({ context, commit }) => {
    const { version, part } = await namedVersion(context, argument, commit);
    const path = part === undefined ? version.path : `${version.path}/${part}`;
    const target = targetOf(cwd, output, basename(path));
    await checkOutputPlace(cwd, relative(cwd, target), 'copy');
    const copied = await context.backend.copyOut(version, part, target);
    return { path, commit: version.commit ?? null, output: target, ...copied };
  });
}

/**
 * The bytes of a file of any version. None is yielded before it is verified.
 * @param argument `path` or `path@REV`: a dataset that is a file, or a file within one
 * @throws VarveError as get
 */
export async function* cat(
  cwd: string,
  argument: string,
  { repository }: SourceOptions = {},
  watch: Watch = {},
): AsyncGenerator<Uint8Array> {
  const opened = await openRepositoryAt(cwd, repository, watch);
  try {
    const { context, commit } = opened;
    const { version, part } = await namedVersion(context, argument, commit);
    yield* context.backend.readFile(version, part);
  } finally {
    await opened.close();
  }
}

/** @throws VarveError `output-exists` */
function targetOf(cwd: string, output: string | undefined, name: string): string {
  const named = resolve(cwd, output ?? '.');
  const isFolder = statSync(named, { throwIfNoEntry: false })?.isDirectory() === true;
  const target = isFolder || /[\\/]$/.test(output ?? '') ? join(named, name) : named;
  if (lstatSync(target, { throwIfNoEntry: false }) !== undefined) throw taken(target);
  return target;
}
