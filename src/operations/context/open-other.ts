import { existsSync, mkdirSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { makeTemporaryFolder } from '../../base/files/temporary-folder.ts';
import { removeAtExit } from '../../base/files/unfinished-files.ts';
import { VarveError } from '../../errors.ts';
import { withoutSecrets } from '../../wording/urls.ts';
import { cloneHistory } from '../../workspace/git/clone.ts';
import { findRevision, readBlobs } from '../../workspace/git/pointers.ts';
import { keepConsentsUnder } from '../../workspace/trust/clone-addresses.ts';
import type { Context, Watch } from './context.ts';
import { openContext } from './open.ts';

/** A repository that is open for one command. Close it. */
export interface OpenedRepository {
  readonly context: Context;
  /** The commit that is meant where none is named; undefined where the working tree is. */
  readonly commit: string | undefined;
  close(): Promise<void>;
}

/** Settings that a repository keeps in Git: they choose its backend and its remotes. */
const SETTINGS = ['.varve/config.yaml', '.dvc/config', '.dvcignore'];

/**
 * Open the repository around `cwd`, or another one. A working tree of this machine is used as it lies, as `-C` would. Of everything
 * else, the history is cloned into a temporary folder, with the settings of its main branch: what those ask of this machine needs
 * the same consent as in any clone, which is kept under the address.
 * @param address of the other repository: a path, or what `git clone` takes
 * @throws VarveError `repository-missing`, `repository-uninitialised`, `repository-unreachable`
 */
export async function openRepositoryAt(
  cwd: string,
  address: string | undefined,
  watch: Watch,
): Promise<OpenedRepository> {
  const place = address === undefined ? cwd : resolve(cwd, address);
  const isFolder = statSync(place, { throwIfNoEntry: false })?.isDirectory() === true;
  if (address !== undefined && (!isFolder || isBare(place)))
    return openClone(isFolder ? place : address, watch);
  return { context: await openContext(place, watch), commit: undefined, close: () => Promise.resolve() };
}

/** Git tells a repository without a working tree by these. Source: gitrepository-layout(5). */
function isBare(folder: string): boolean {
  return ['HEAD', 'objects', 'refs'].every((name) => existsSync(join(folder, name)));
}

async function openClone(address: string, watch: Watch): Promise<OpenedRepository> {
  const root = realpathSync(makeTemporaryFolder('repository'));
  const unfinished = removeAtExit(root);
  const close = async (): Promise<void> => {
    await rm(root, { recursive: true, force: true });
    unfinished.isFinished();
  };
  try {
    cloneHistory(address, root);
    keepConsentsUnder(withoutSecrets(address), root);
    const commit = findRevision(root, 'HEAD');
    if (commit === undefined || !copySettings(root, commit)) throw notStarted(address);
    return { context: await openContext(root, watch), commit, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Return whether there are any that make it a repository of varve or DVC. */
function copySettings(root: string, commit: string): boolean {
  const names = SETTINGS.map((path) => `${commit}:${path}`);
  const texts = readBlobs(root, names);
  for (const [index, path] of SETTINGS.entries()) {
    const text = texts.get(names[index]!);
    if (text === undefined) continue;
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return texts.has(names[0]!) || texts.has(names[1]!);
}

function notStarted(address: string): VarveError {
  const shown = withoutSecrets(address);
  return new VarveError(
    'repository-uninitialised',
    `The main branch of ${shown} has no settings of varve or DVC`,
    {
      path: shown,
      remedy: 'Check the address; varve is started in a repository by `varve init`.',
    },
  );
}
