import { bucketIndex } from '../accumulators/buckets.ts';
import type { FeatureProfile, LengthStats, TableProfile } from './model.ts';

/**
 * Makes a feature that is a list in one table and a single value in another a list in both: a tf.Example has lists only, and a file in
 * which each has one value shows a column of values. Nothing is lost or guessed: each value is a list of one.
 */
export function withListsAlike(tables: readonly TableProfile[]): readonly TableProfile[] {
  const lists = new Set(tables.flatMap(({ features }) => features.map(({ path }) => JSON.stringify(path))));
  const isListElsewhere = ({ path }: FeatureProfile) => lists.has(JSON.stringify([...path, '[]']));
  return tables.map((table) =>
    table.features.some(isListElsewhere)
      ? { ...table, features: table.features.map((one) => (isListElsewhere(one) ? listsOfOne(one) : one)) }
      : table,
  );
}

function listsOfOne(feature: FeatureProfile): FeatureProfile {
  const count = feature.count - feature.nullElements;
  const buckets = count === 0 ? [] : ([[bucketIndex(1), count]] as const);
  const length = Math.min(1, count);
  const valency: LengthStats = { count, min: length, max: length, sum: String(count), zeros: 0, buckets };
  return { ...feature, path: [...feature.path, '[]'], count, nullElements: 0, valency };
}
