import type { FeatureProfile, Profile } from '../profile/model/model.ts';
import type { ColumnBounds, ParquetFile } from './model.ts';

/**
 * Put what the profile of a file knows in place of what its footer says: bounds of decimals that are long, of columns for which the writer
 * kept none, and of floating-point numbers among which there are NaN.
 * @param profile of this file alone
 */
export function withProfiledBounds(file: ParquetFile, profile: Profile | undefined): ParquetFile {
  const table = profile?.tables.find(({ name }) => name === '');
  if (table === undefined || table.rows !== file.rows || table.slice !== undefined) return file;
  const features = new Map(table.features.map((feature) => [feature.path.join('\0'), feature]));
  const bounds = file.bounds.map((known) => {
    const feature = features.get(known.path.join('\0'));
    return feature === undefined ? known : profiled(known, feature);
  });
  return { ...file, bounds };
}

function profiled(known: ColumnBounds, feature: FeatureProfile): ColumnBounds {
  const { path, type } = known;
  return { path, type, nulls: feature.nulls, ...(rangeOf(known, feature) ?? boundsOf(known)) };
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
