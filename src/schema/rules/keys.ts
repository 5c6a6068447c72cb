import type { FeatureProfile } from '../../profile/model/model.ts';
import type { TableSchema } from '../model.ts';
import { columnSql } from '../row-checker.ts';
import type { Violation } from './rule.ts';
import { repeatedIn, repeats } from './uniqueness.ts';

/** Columns whose values together name at most one row. */
export function keyFindings(table: TableSchema, features: ReadonlyMap<string, FeatureProfile>): Violation[] {
  return table.keys.flatMap((key) => {
    const profiles = key.map((name) => features.get(name));
    if (!profiles.every((each) => each !== undefined)) return [absent(key)];
    if (profiles.some((each) => repeats(each).answer === 'none' && each.nulls === 0)) return [];
    return [repeated(key, profiles)];
  });
}

function absent(key: readonly string[]): Violation {
  return {
    kind: 'KEY_NOT_UNIQUE',
    short: 'Key columns missing',
    description: `The key (${key.join(', ')}) names a column that is not in the data.`,
    expected: `the columns ${key.join(', ')}`,
    observed: 'not all of them',
  };
}

function repeated(key: readonly string[], profiles: readonly FeatureProfile[]): Violation {
  const columns = profiles.map((each) => columnSql(each.path)).filter((column) => column !== undefined);
  const alone = profiles.length === 1 ? repeats(profiles[0] as FeatureProfile).answer : 'unknown';
  const row = columns.length === key.length;
  return {
    kind: 'KEY_NOT_UNIQUE',
    short: 'Repeated keys',
    description: `Some values of the key (${key.join(', ')}) name more than one row.`,
    expected: `one row for each (${key.join(', ')})`,
    observed: 'repeated keys',
    ...(row && { ...repeatedIn(columns), shown: `concat_ws(', ', ${columns.join(', ')})` }),
    ...(alone !== 'some' && { undecided: 'a profile does not count keys' }),
  };
}
