import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { VarveError } from '../../errors.ts';
import { readFooter } from '../../tables/parquet/footer.ts';
import { shellWord } from '../../wording/quote.ts';
import { POINTER_SUFFIX } from '../../workspace/pointer.ts';
import type { DatasetVersion } from '../backend/version.ts';
import type { Context } from '../context/context.ts';

/**
 * Refuse to write a file of rows in the place of another, whatever a pointer says of how many rows were taken. What a run left that was cut off
 * is written again, and so is a file of the version that has no rows.
 * @param dataset a folder that is a dataset
 * @param name of the file in it
 * @throws VarveError `path-taken`; `object-missing` where the version cannot be looked at
 */
export async function refuseFileTaken(context: Context, dataset: string, name: string): Promise<void> {
  const { backend, repository } = context;
  const folder = join(repository.root, dataset);
  const isThere = existsSync(join(folder, name));
  const [status] = (await backend.status([folder])).datasets;
  const change = status!.changes.find(({ path }) => path === name)?.change;
  if (isThere && change === 'added') return;
  const version = (await backend.version(dataset, undefined))!;
  const size = await recordedSize(context, version, name);
  if (!isThere && size === undefined) return;
  const isAsRecorded = change === undefined || !isThere;
  if (isAsRecorded && size !== undefined && (await hasNoRows(context, version, name, size))) return;
  throw pathTaken(dataset, name);
}

async function recordedSize(
  { backend }: Context,
  version: DatasetVersion,
  name: string,
): Promise<number | undefined> {
  for await (const { path, size } of backend.listFiles(version)) if (path === name) return size;
  return undefined;
}

/** A footer alone is shorter, however many columns it names. */
const MAX_EMPTY_BYTES = 4 * 1024 * 1024;

async function hasNoRows(
  { backend }: Context,
  version: DatasetVersion,
  name: string,
  size: number,
): Promise<boolean> {
  if (size > MAX_EMPTY_BYTES) return false;
  await backend.bring(version, name);
  const pieces: Uint8Array[] = [];
  for await (const piece of backend.readFile(version, name)) pieces.push(piece);
  const bytes = Buffer.concat(pieces);
  const footer = await readFooter(
    async (offset, length) => bytes.subarray(offset, offset + length),
    size,
    name,
  );
  return footer.rows === 0;
}

function pathTaken(dataset: string, name: string): VarveError {
  const path = `${dataset}/${name}`;
  return new VarveError('path-taken', `${path} has rows, and new ones would take its place`, {
    path,
    remedy: `See in ${shellWord(dataset + POINTER_SUFFIX)} whether somebody changed \`database-rows\`; \`git log -p\` has what varve wrote there.`,
  });
}
