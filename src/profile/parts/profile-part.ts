import { plainSource } from '../../engine/source-file.ts';
import type { VarveError } from '../../errors.ts';
import type { OnProgress } from '../../progress.ts';
import { isImage } from '../dataset/image-header.ts';
import { askedOf, givenFor, isColumnMissing, isRead } from '../dataset/profile-directory.ts';
import type { DataFile, ProfileOptions } from '../dataset/profile-files.ts';
import { rangesOf } from '../dataset/units.ts';
import type { CountingReader } from '../reading/reader.ts';
import type { PartUnit } from './part.ts';
import type { PartPlan, SizedFile, Unit } from './plan.ts';

/** Makes the bytes of a unit a file, as long as `work` lasts: those of its range at least, each at its place. */
export type WithUnit = <T>(unit: Unit, work: (file: DataFile) => Promise<T>) => Promise<T>;

/** Options of the machine, not of what is counted. */
export type MachineOptions = Pick<ProfileOptions, 'memory' | 'threads' | 'signal'> & {
  readonly onProgress?: OnProgress;
};

/** Profiles units, one after the other. As profileFiles, and with its errors. */
export async function* profileUnits(
  units: readonly Unit[],
  plan: PartPlan,
  reader: CountingReader,
  withUnit: WithUnit,
  { onProgress, ...machine }: MachineOptions,
): AsyncGenerator<PartUnit> {
  for (const [done, unit] of units.entries()) {
    onProgress?.({ phase: 'profile', unit: 'files', done, total: units.length });
    machine.signal?.throwIfAborted();
    yield await withUnit(unit, (file) => profileUnit(unit, file, plan, reader, machine));
  }
}

/** What is counted by a plan, as the options that profileDirectory and profileFiles take. */
export function optionsOf({ slice, weight, readings, unitBytes }: PartPlan): ProfileOptions {
  return {
    unitBytes,
    ...(slice && { slice }),
    ...(weight !== undefined && { weight }),
    ...(readings.length > 0 && { readings: new Map(readings) }),
  };
}

async function profileUnit(
  { number }: Unit<SizedFile>,
  file: DataFile,
  plan: PartPlan,
  reader: CountingReader,
  machine: MachineOptions,
): Promise<PartUnit> {
  const { path, size, digest } = file;
  const known = { path, size, digest, number };
  const options = { ...optionsOf(plan), ...machine };
  if (plan.kind === 'directory' && isImage(path)) {
    const [image] = await reader.imageHeaders([file], machine.signal);
    return { ...known, ...(image && { image }) };
  }
  if (plan.kind === 'directory' && !isRead(file, options)) return known;
  const asked = plan.kind === 'file' ? options : askedOf(file, options, givenFor(file, options));
  const range = rangesOf(file, plan.unitBytes)[number];
  try {
    const profile = await reader.profileFiles(
      [{ ...plainSource(file), size, ...(range && { range }) }],
      asked,
    );
    return { ...known, profile };
  } catch (error) {
    // The whole may still have it, in other files.
    if (plan.slice === undefined || !isColumnMissing(error)) throw error;
    return { ...known, lacks: (error as VarveError).message };
  }
}
