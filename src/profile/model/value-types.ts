import type { FeatureType } from './model.ts';

/** The types that values have. */
export const VALUE_TYPES: readonly Exclude<FeatureType, 'unknown'>[] = [
  'integer',
  'float',
  'decimal',
  'boolean',
  'string',
  'bytes',
  'date',
  'time',
  'timestamp',
];
