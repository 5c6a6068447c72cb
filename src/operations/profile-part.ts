import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { isTabular } from '../engine/formats/format.ts';
import { notTabular } from '../engine/formats/refused.ts';
import { VarveError } from '../errors.ts';
import { rangesOf, UNIT_BYTES } from '../profile/dataset/units.ts';
import { gatherCounters } from '../profile/parts/gather-counters.ts';
import { encodeHead, encodeUnit } from '../profile/parts/part.ts';
import {
  MAX_PARTS,
  type PartPlan,
  planDigest,
  type Unit,
  unitsOf,
  unitsOfPart,
} from '../profile/parts/plan.ts';
import { profileUnits } from '../profile/parts/profile-part.ts';
import { prepareReader, processReader } from '../profile/reading/process-reader.ts';
import { type Watch, watching } from './context/context.ts';
import { type NamedDataset, nameDataset } from './datasets/resolve.ts';
import { openUnitFiles, type UnitFiles } from './datasets/unit-files.ts';
import { readingsFor } from './statistics/load.ts';
import { engineOptions, type ProfilingOptions } from './statistics/profiling-options.ts';

/** Which part of how many. */
export interface PartNumber {
  /** From 1. */
  readonly part: number;
  readonly of: number;
}

export interface ProfilePartOptions
  extends PartNumber,
    Omit<ProfilingOptions, 'engine' | 'master' | 'parts'> {}

/**
 * Profile one of `of` parts of a dataset, for `mergeProfile` to put together: the lines of the file that a part is. Which files and row
 * groups are in it follows from their names and sizes. Reads no others.
 * @param options `output` is where the part will be written, which may not be within the data
 * @throws VarveError `path-missing`, `data-not-tabular`, `object-missing`, `output-unwritable`, and what reading the data throws
 */
export async function* profilePart(
  cwd: string,
  argument: string,
  { part, of }: PartNumber,
  { output, ...options }: ProfilingOptions & { readonly output?: string | undefined } = {},
  watch: Watch = {},
): AsyncGenerator<Uint8Array> {
  assertPart(part, of);
  const dataset = await nameDataset(cwd, argument, watch);
  if (output !== undefined) checkOutput(cwd, output, dataset);
  prepareReader(options.memory);
  const opened = await openUnitFiles(dataset);
  try {
    const plan = planFor(dataset, opened, options);
    const units = unitsOf(opened.files, plan.unitBytes);
    const own = unitsOfPart(units, part, of, plan.unitBytes);
    const shared = { name: argument, parts: [part], of, plan: planDigest(plan, opened.files) };
    yield encodeHead({ ...shared, units: own.length, ...plan });
    const machine = { ...engineOptions(options), ...watching(watch) };
    const profiled = profileUnits(own, plan, processReader, withUnitOf(opened, plan), machine);
    for await (const unit of gatherCounters(profiled)) yield encodeUnit(unit);
  } finally {
    await opened.close();
  }
}

/** @throws VarveError `output-unwritable` within the data: it would replace some, and other parts would see other files */
function checkOutput(cwd: string, output: string, { name, absolutePath, glob }: NamedDataset): void {
  const data = glob?.folder ?? absolutePath;
  if (data === undefined) return;
  const folder = relative(actual(data), actual(resolve(cwd, output)));
  if (folder.split(sep, 1)[0] === '..' || isAbsolute(folder)) return;
  if (glob !== undefined && !glob.isMeant(folder.replaceAll(sep, '/'))) return;
  throw new VarveError(
    'output-unwritable',
    `${output} ${folder === '' ? 'is' : 'lies within'} the data of ${name}, which is being profiled`,
    {
      path: output,
      remedy: 'Name a file elsewhere by `--output`.',
    },
  );
}

/** Where a path leads, though its last steps may not be there yet. */
function actual(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const above = dirname(path);
  return above === path ? path : join(actual(above), basename(path));
}

/** What all parts share. @throws VarveError `data-not-tabular` */
function planFor(
  dataset: NamedDataset,
  { kind, files, areShownByVersion }: UnitFiles,
  options: ProfilingOptions,
): PartPlan {
  if (kind === 'file' && !(files.length === 1 && isTabular(files[0]!.path)))
    throw notTabular(dataset.name, dataset.absolutePath);
  const readings = [...(readingsFor(dataset, options) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
  const { slice, weight } = options;
  const isOfVersion = dataset.absolutePath === undefined || areShownByVersion;
  const content = isOfVersion ? dataset.version?.content : undefined;
  return {
    kind,
    readings,
    unitBytes: UNIT_BYTES,
    ...(content !== undefined && { content }),
    ...(slice && { slice: { feature: slice.feature, value: slice.value } }),
    ...(weight !== undefined && { weight }),
  };
}

/** @throws VarveError `usage` */
function assertPart(part: number, of: number): void {
  if (part <= of && of <= MAX_PARTS) return;
  throw new VarveError('usage', `There is no part ${part} of ${of}`, {
    remedy: `Parts are counted from 1 to their number, which is at most ${MAX_PARTS}.`,
  });
}

/** Make a unit of opened files a file, for as long as work on it lasts. */
export function withUnitOf(opened: UnitFiles, { unitBytes }: Pick<PartPlan, 'unitBytes'>) {
  return <T>({ file, number }: Unit, work: Parameters<typeof opened.withFile<T>>[2]): Promise<T> =>
    opened.withFile(file, rangesOf(file, unitBytes)[number], work);
}
