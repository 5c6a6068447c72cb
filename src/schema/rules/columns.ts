import type { FeatureProfile, TableProfile } from '../../profile/model/model.ts';
import { counted } from '../../wording/numbers.ts';
import type { Anomaly } from '../anomaly.ts';
import type { FeatureSchema, Schema, TableSchema } from '../model.ts';
import { isRequired } from './presence.ts';
import type { Violation } from './rule.ts';

/** Features and tables that are on one side only. */

export function missingFeature(feature: FeatureSchema): Violation {
  return {
    kind: 'SCHEMA_MISSING_COLUMN',
    short: 'Column dropped',
    description: 'The column is completely missing.',
    expected: `a column of type ${feature.types.join(' or ')}`,
    observed: 'no such column',
  };
}

export function noValues(rows: number): Violation {
  return {
    kind: 'FEATURE_TYPE_NOT_PRESENT',
    short: 'Column dropped',
    description: `The column is there, but null in all ${counted(rows, 'row')}.`,
    expected: 'some values',
    observed: 'only nulls',
  };
}

/** A feature that the schema does not have, or not in this environment. */
export function newFeature(profile: FeatureProfile, environment?: string): Violation {
  const where = environment === undefined ? 'the schema' : `the schema's environment ${environment}`;
  return {
    kind: 'SCHEMA_NEW_COLUMN',
    short: environment === undefined ? 'New column' : 'Column missing in environment',
    description: `The column is in the data but not in ${where}.`,
    expected: 'no such column',
    observed: `${profile.type} in ${counted(profile.present, 'row')}`,
  };
}

/** One anomaly for each required feature of a table that is not there at all. */
export function missingTable(schema: Schema, table: TableSchema, environment: string | undefined): Anomaly[] {
  return table.features
    .filter((feature) => isRequired(schema, feature, environment))
    .map((feature) => ({
      table: table.name,
      feature: feature.name,
      severity: 'error',
      ...missingFeature(feature),
    }));
}

export function newTable(table: TableProfile): Anomaly {
  return {
    ...{ table: table.name, feature: '', kind: 'TABLE_NEW', severity: 'error', short: 'New table' },
    description: `The table ${JSON.stringify(table.name)} is in the data but not in the schema.`,
    expected: 'no such table',
    observed: `${counted(table.features.length, 'feature')} in ${counted(table.rows, 'row')}`,
  };
}
