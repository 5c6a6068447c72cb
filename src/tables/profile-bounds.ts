import type { FeatureProfile, Profile } from '../profile/model/model.ts';
import type { ColumnBounds, ParquetFile } from './model.ts';

/**
 * Make bounds of those by which engines skip a file: what the profile of the file knows stands in place of what its footer says, such as
 * bounds of decimals that are long, of columns for which the writer kept none, and of floating-point numbers among which there are NaN.
 * @param profile of this file alone
 */
export function boundsForEngines(file: ParquetFile, profile: Profile | undefined): ParquetFile {
  const table = profile?.tables.find(({ name }) => name === '');
  const isOfFile = table !== undefined && table.rows === file.rows && table.slice === undefined;
  const features = new Map(isOfFile ? table.features.map((feature) => [keyOf(feature), feature]) : []);
  const bounds = file.bounds.map((known) => {
    const feature = features.get(keyOf(known));
    return withBothZeros(feature === undefined ? withoutNaN(known) : profiled(known, feature));
  });
  return { ...file, bounds };
}

/** Some engines hold -0 to be less than 0, and neither a footer nor a profile tells the two apart: a bound of 0 holds for both. */
function withBothZeros({ min, ...known }: ColumnBounds): ColumnBounds {
  const isFloat = known.type.is === 'float' || known.type.is === 'double';
  return min === undefined ? known : { ...known, min: isFloat && Number(min) === 0 ? '-0.0' : min };
}

function keyOf({ path }: Pick<ColumnBounds, 'path'>): string {
  return path.join('\0');
}

function profiled(known: ColumnBounds, feature: FeatureProfile): ColumnBounds {
  const { path, type } = known;
  return { path, type, nulls: feature.nulls, ...(rangeOf(known, feature) ?? boundsOf(withoutNaN(known))) };
}

/** Writers leave NaN out of both bounds, and engines hold it to be larger than all else. */
function withoutNaN({ max, ...known }: ColumnBounds): ColumnBounds {
  const mayHaveNaN = known.type.is === 'float' || known.type.is === 'double';
  return max === undefined || mayHaveNaN ? known : { ...known, max };
}

function boundsOf({ min, max }: ColumnBounds): Pick<ColumnBounds, 'min' | 'max'> {
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
}

/** Undefined where the profile does not say more than the footer. */
function rangeOf(
  { type }: ColumnBounds,
  { type: read, numeric, time }: FeatureProfile,
): Pick<ColumnBounds, 'min' | 'max'> | undefined {
  const isNumber = ['byte', 'short', 'integer', 'long', 'float', 'double', 'decimal'].includes(type.is);
  if (isNumber && numeric !== undefined) {
    // In the order of both formats NaN is the largest of all, and JSON has no word for what is infinite.
    const hasLargest = numeric.nan === 0 && numeric.positiveInfinity === 0;
    const { min, max } = numeric;
    return {
      ...(min === null || numeric.negativeInfinity > 0 ? {} : { min }),
      ...(max === null || !hasLargest ? {} : { max }),
    };
  }
  const isTime =
    ['date', 'timestamp', 'timestamp_ntz'].includes(type.is) && read === type.is.replace('_ntz', '');
  if (!isTime || time === undefined) return undefined;
  const { min, max } = time;
  return {
    ...(min === null ? {} : { min: min.replace(/Z$/, '') }),
    ...(max === null ? {} : { max: max.replace(/Z$/, '') }),
  };
}
