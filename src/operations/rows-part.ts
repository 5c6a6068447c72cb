import { resolve } from 'node:path';
import { UNIT_BYTES } from '../profile/dataset/units.ts';
import { planDigest, unitsOf, unitsOfPart } from '../profile/parts/plan.ts';
import { prepareReader, processReader } from '../profile/reading/process-reader.ts';
import { answerUnits, askedUnits } from '../profile/rows/answer-units.ts';
import { encodeUnits } from '../profile/rows/rows-part.ts';
import { askedDigest, type RowsPlan } from '../profile/rows/rows-plan.ts';
import { type Watch, watching } from './context/context.ts';
import { nameDataset } from './datasets/resolve.ts';
import { openUnitFiles } from './datasets/unit-files.ts';
import { type PartNumber, withUnitOf } from './profile-part.ts';
import { engineOptions, type ProfilingOptions } from './statistics/profiling-options.ts';

/** Ranges of keys that are looked at apart, of which a part has a file each. */
export const MAX_RANGES = 512;

/**
 * Ask the rows of one of `of` parts of a dataset what whoever started the work wants to know: the lines of a part's answers, for it to put
 * together. A part has the same files as the one of this number that profilePart makes.
 * @param options `keys` is the folder in which the keys of rows are left that may repeat others, a file a range
 * @throws VarveError `path-missing`, `object-missing`, `checks-too-long`, and what reading the data throws
 */
export async function* answerRowsPart(
  cwd: string,
  argument: string,
  { part, of }: PartNumber,
  toAsk: RowsPlan,
  options: Pick<ProfilingOptions, 'memory' | 'threads'> & { readonly keys?: string | undefined },
  watch: Watch,
): AsyncGenerator<string> {
  const dataset = await nameDataset(cwd, argument, watch);
  prepareReader(options.memory);
  const opened = await openUnitFiles(dataset);
  try {
    const plan = { ...toAsk, unitBytes: UNIT_BYTES };
    const asked = askedDigest(toAsk);
    const all = unitsOf(opened.files, UNIT_BYTES);
    const index = new Map(all.map((unit, at) => [unit, at]));
    const mine = unitsOfPart(all, part, of, UNIT_BYTES).map((unit) => [index.get(unit)!, unit] as const);
    const own = askedUnits(mine, plan);
    const files = planDigest({ kind: opened.kind, readings: [], unitBytes: UNIT_BYTES }, opened.files);
    const folder = options.keys && resolve(cwd, options.keys);
    const keys = folder && { folder, ranges: Math.min(of, MAX_RANGES), asked, secret: toAsk.secret };
    const machine = { ...engineOptions(options), ...watching(watch), ...(keys && { keys }) };
    const units = answerUnits(own, plan, processReader, withUnitOf(opened, plan), machine);
    yield* encodeUnits({ part, of, files, asked, units: own.length }, toAsk.secret, units);
  } finally {
    await opened.close();
  }
}
