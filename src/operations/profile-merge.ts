import { createReadStream, existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { VarveError } from '../errors.ts';
import type { DataFile } from '../profile/dataset/profile-files.ts';
import type { Profile } from '../profile/model/model.ts';
import { joinParts, type MergedParts, mergeParts, type ReadAgain } from '../profile/parts/merge-parts.ts';
import { decodeParts, type ProfilePart } from '../profile/parts/part.ts';
import { planDigest } from '../profile/parts/plan.ts';
import { processReader } from '../profile/reading/process-reader.ts';
import { type Watch, watching } from './context/context.ts';
import { nameDataset } from './datasets/resolve.ts';
import { openUnitFiles, type UnitFiles } from './datasets/unit-files.ts';
import { assertFormatsRead } from './statistics/date-formats.ts';
import { engineOptions, type ProfilingOptions } from './statistics/profiling-options.ts';

export interface MergeOptions extends Pick<ProfilingOptions, 'memory' | 'threads' | 'dateFormat'> {
  /** What the parts are of, where rows can be read again that the columns of other files ask for. Its files are listed, and not read otherwise. */
  readonly dataset?: string | undefined;
}

export interface MergedProfile {
  /** The dataset as whoever made its parts named it. */
  readonly name: string;
  readonly profile: Profile;
}

/**
 * Put the parts of a profile together, in any order, from files that hold one or several each. The profile is to the byte that of the whole.
 * @throws VarveError `path-missing`, `part-damaged`, `part-too-new`, `part-missing`, `part-repeated`, `parts-differ`, `part-unread`
 */
export async function mergeProfile(
  cwd: string,
  files: readonly string[],
  options: MergeOptions = {},
  watch: Watch = {},
): Promise<MergedProfile> {
  const { name, profile } = await mergePartFiles(cwd, files, options, watch);
  return { name, profile };
}

/** As mergeProfile, and which files have the rows of each table. */
export async function mergePartFiles(
  cwd: string,
  files: readonly string[],
  options: MergeOptions,
  watch: Watch,
): Promise<MergedProfile & MergedParts> {
  const parts = await readParts(cwd, files, watch);
  const machine = { ...engineOptions(options), ...watching(watch) };
  const { dataset } = options;
  const opened =
    dataset === undefined ? undefined : await openUnitFiles(await nameDataset(cwd, dataset, watch));
  const readAgain: ReadAgain | undefined =
    opened && ((asked, how) => withFiles(opened, asked, (placed) => processReader.profileFiles(placed, how)));
  try {
    if (opened !== undefined) assertPartsOf(dataset!, opened, parts);
    const merged = await mergeParts(parts, processReader, readAgain, machine);
    assertFormatsRead(merged.profile, options.dateFormat ?? {}, parts[0]!.name);
    return { name: parts[0]!.name, ...merged };
  } finally {
    await opened?.close();
  }
}

/** @throws VarveError `parts-differ` where parts are of other data than what is named beside them */
function assertPartsOf(dataset: string, { files }: UnitFiles, parts: readonly ProfilePart[]): void {
  const other = parts.find((part) => planDigest(part, files) !== part.plan);
  if (other === undefined) return;
  throw new VarveError(
    'parts-differ',
    `${other.where} is a part of ${other.name}, and the files of ${dataset} are not those: they have other names or sizes`,
    {
      path: other.where,
      remedy:
        'Name the very data that the parts are of; or none, which it takes only where columns are of other types in other files.',
    },
  );
}

/**
 * Put some parts of a profile together into one, from files that hold one or several each: the lines of its file. It takes less room than they
 * do, and merging it with the others gives the same profile.
 * @throws VarveError `path-missing`, `part-damaged`, `part-too-new`, `part-repeated`, `parts-differ`
 */
export async function* joinProfileParts(
  cwd: string,
  files: readonly string[],
  watch: Watch = {},
): AsyncGenerator<Uint8Array> {
  yield* joinParts(await readParts(cwd, files, watch));
}

async function readParts(cwd: string, files: readonly string[], { signal }: Watch): Promise<ProfilePart[]> {
  const parts: ProfilePart[] = [];
  for (const file of files) {
    const path = resolve(cwd, file);
    if (!existsSync(path)) throw noFile(file);
    for await (const part of decodeParts(createReadStream(path, { highWaterMark: READ_BYTES }), file)) {
      signal?.throwIfAborted();
      parts.push(part);
    }
  }
  return parts;
}

const READ_BYTES = 1024 * 1024;

/** All of the files at once, each a file for as long as `work` lasts. */
function withFiles<T>(
  opened: UnitFiles,
  [first, ...others]: readonly (Pick<DataFile, 'path' | 'size' | 'digest'> & {
    readonly range?: DataFile['range'];
  })[],
  work: (placed: readonly DataFile[]) => Promise<T>,
): Promise<T> {
  if (first === undefined) return work([]);
  const listed = opened.files.find(({ path }) => path === first.path);
  if (listed?.size !== first.size) throw otherData(first.path);
  return opened.withFile(listed, first.range, (file) => {
    if (file.digest !== first.digest) throw otherData(first.path);
    return withFiles(opened, others, (rest) =>
      work([{ ...file, ...(first.range && { range: first.range }) }, ...rest]),
    );
  });
}

function otherData(path: string): VarveError {
  return new VarveError('parts-differ', `${path} is not the file that a part has read`, {
    remedy: 'Name the very data that the parts are of, or make all parts again.',
    path,
  });
}

function noFile(file: string): VarveError {
  return new VarveError('path-missing', `There is nothing at ${file}`, {
    path: file,
    remedy: 'Name the files of parts, such as `varve profile DATASET --part 1/4 --output FILE` writes.',
  });
}
