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
 * @throws VarveError `path-missing`, `data-not-tabular`, `object-missing`, and what reading the data throws
 */
export async function* profilePart(
  cwd: string,
  argument: string,
  { part, of }: PartNumber,
  options: ProfilingOptions = {},
  watch: Watch = {},
): AsyncGenerator<Uint8Array> {
  if (part > of || of > MAX_PARTS) {
    throw new VarveError('usage', `There is no part ${part} of ${of}`, {
      remedy: `Parts are counted from 1 to their number, which is at most ${MAX_PARTS}.`,
    });
  }
  const dataset = await nameDataset(cwd, argument, watch);
  prepareReader(options.memory);
  const opened = await openUnitFiles(dataset);
  try {
    const plan = planFor(dataset, opened, options);
    const units = unitsOf(opened.files, plan.unitBytes);
    const own = unitsOfPart(units, part, of, plan.unitBytes);
    const shared = { name: argument, parts: [part], of, plan: planDigest(plan, opened.files) };
    yield encodeHead({ ...shared, units: own.length, ...plan });
    const machine = { ...engineOptions(options), ...watching(watch) };
    const profiled = profileUnits(own, plan, processReader, withUnit(opened, plan), machine);
    for await (const unit of gatherCounters(profiled)) yield encodeUnit(unit);
  } finally {
    await opened.close();
  }
}

/** What all parts share. @throws VarveError `data-not-tabular` */
function planFor(dataset: NamedDataset, { kind, files }: UnitFiles, options: ProfilingOptions): PartPlan {
  if (kind === 'file' && !(files.length === 1 && isTabular(files[0]!.path)))
    throw notTabular(dataset.name, dataset.absolutePath);
  const readings = [...(readingsFor(dataset, options) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
  const { slice, weight } = options;
  const content = dataset.absolutePath === undefined ? dataset.version?.content : undefined;
  return {
    kind,
    readings,
    unitBytes: UNIT_BYTES,
    ...(content !== undefined && { content }),
    ...(slice && { slice: { feature: slice.feature, value: slice.value } }),
    ...(weight !== undefined && { weight }),
  };
}

function withUnit(opened: UnitFiles, { unitBytes }: PartPlan) {
  return <T>({ file, number }: Unit, work: Parameters<typeof opened.withFile<T>>[2]): Promise<T> =>
    opened.withFile(file, rangesOf(file, unitBytes)[number], work);
}
