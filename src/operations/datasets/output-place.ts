/**
 * Where a command may write the file that somebody names: anywhere but over data, the pointers to it, and the files by which Git, varve and
 * DVC work. It knows no command, and writes nothing.
 */

import { existsSync, lstatSync } from 'node:fs';
import { basename, dirname, extname, join, parse, relative, resolve, sep } from 'node:path';
import { reservedName } from '../../base/files/data-path.ts';
import { VarveError } from '../../errors.ts';
import { shellWord } from '../../wording/quote.ts';
import {
  enclosingGitRoot,
  pathInRepository,
  refuseLinksOut,
  withRealParents,
} from '../../workspace/repository.ts';
import { contextOf } from './resolve.ts';

/** By these names, wherever they lie, Git, varve and DVC are told what to do. */
const STEERING = /^(\.git(ignore|attributes|modules)|\.(varve|dvc)ignore|dvc\.(yaml|lock))$/i;
const POINTER = /\.(varve|dvc)$/i;
/** Files that `varve schema` makes, and people edit. */
const SCHEMA = /\.schema\.(yaml|pbtxt)$/i;

/** What a command writes into a file that somebody names, beside reports and records. */
type Written = 'report' | 'schema' | 'copy';

/** Tell whether a path is that of a device, such as /dev/stdout, or of a pipe of a process: nothing is kept there. */
export function isDevicePath(path: string): boolean {
  return /^\/(dev|proc)\//.test(path);
}

/**
 * Refuse to write a file over what somebody keeps: a dataset, something in it, a pointer, a schema, or a file of Git, varve or DVC. Any other file may
 * be replaced. What a stage of DVC makes may be written, since the stage may be what writes it.
 * @param name as it was typed, relative to `cwd`
 * @param written a copy of other data may be a new file within the folder of a dataset, and a schema replaces a schema
 * @throws VarveError `output-reserved`, `symlink-refused` for a file behind a link that leads out
 */
export async function checkOutputPlace(
  cwd: string,
  name: string,
  written: Written = 'report',
): Promise<void> {
  const named = resolve(cwd, name);
  if (isDevicePath(named)) return;
  refuseLinksOut(cwd, name);
  const path = withRealParents(named);
  const root = enclosingGitRoot(dirname(path)) ?? parse(path).root;
  const inside = posixPath(relative(root, path));
  const refuse = (what: string, instead: string): VarveError => reserved(cwd, name, what, instead);
  const owned = inside.split('/').find((step) => reservedName(step) !== undefined);
  const beside = join(root, basename(path).replace(/^\.+/, ''));
  if (owned !== undefined)
    throw refuse(`lies in \`${owned}\`, which is ${OWNERS[reservedName(owned)!]}`, beside);
  if (STEERING.test(basename(path))) throw refuse('is a file that says how Git, varve or DVC work', beside);
  if (POINTER.test(path))
    throw refuse(
      `${existsSync(path) ? 'is' : 'would be taken for'} a pointer to data`,
      path.replace(POINTER, ''),
    );
  if (written === 'report' && SCHEMA.test(path))
    throw refuse(`${existsSync(path) ? 'is' : 'would be taken for'} a schema`, path.replace(SCHEMA, ''));
  const dataset = await datasetAround(path);
  if (dataset === path) throw refuse('is a dataset', path);
  if (dataset !== undefined && written !== 'copy')
    throw refuse(`lies in the dataset ${posixPath(relative(cwd, dataset)) || '.'}`, dataset + extname(path));
}

const OWNERS: Readonly<Record<string, string>> = { '.git': "Git's", '.varve': "varve's", '.dvc': "DVC's" };

/** The dataset that a path is or lies in. Absolute. */
async function datasetAround(path: string): Promise<string | undefined> {
  const folder = existingFolder(dirname(path));
  const context = await contextOf(folder, {});
  if (context === undefined) return undefined;
  const { repository, backend } = context;
  const dataset = await backend.datasetAround(pathInRepository(repository, folder, path));
  return dataset === undefined ? undefined : join(repository.root, dataset);
}

function existingFolder(folder: string): string {
  return existsSync(folder) ? folder : existingFolder(dirname(folder));
}

function posixPath(path: string): string {
  return sep === '/' ? path : path.replaceAll(sep, '/');
}

/** @param instead a path to make a name of that is free */
function reserved(cwd: string, name: string, what: string, instead: string): VarveError {
  const free = posixPath(relative(cwd, freeName(instead)));
  return new VarveError('output-reserved', `Nothing is written to ${name}: it ${what}`, {
    path: name,
    remedy: `Name another file, such as ${shellWord(free)}.`,
  });
}

/** A name beside a path at which nothing lies: `data/people-out.csv`. */
function freeName(path: string): string {
  const { dir, name, ext } = parse(path);
  for (let number = 1; ; number++) {
    const free = join(dir, `${name}-out${number === 1 ? '' : number}${ext}`);
    if (lstatSync(free, { throwIfNoEntry: false }) === undefined) return free;
  }
}
