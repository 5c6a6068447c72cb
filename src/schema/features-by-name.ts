import { featureName } from '../profile/model/feature-name.ts';
import type { FeatureProfile, TableProfile } from '../profile/model/model.ts';
import type { TableSchema } from './model.ts';

/**
 * The features of a profile under the names that the schema has for them. A schema may leave out list marks, as TFDV's
 * schemas do: `tags` is `tags.[]` there, unless it is a feature of its own.
 */
export function featuresByName(table: TableProfile, schema: TableSchema): Map<string, FeatureProfile> {
  const named = new Set(schema.features.map((each) => each.name));
  const exact = new Set(table.features.map((each) => featureName(each.path)));
  return new Map(
    table.features.map((each) => {
      const [full, short] = [featureName(each.path), featureName(each.path.filter((step) => step !== '[]'))];
      return [!named.has(full) && named.has(short) && !exact.has(short) ? short : full, each];
    }),
  );
}
