import type { TableProfile } from '../../profile/model/model.ts';
import { counted, grouped } from '../../wording/numbers.ts';
import type { TableSchema } from '../model.ts';
import { amount, between } from '../phrases.ts';
import type { Violation } from './rule.ts';

/** Checks how many rows a table has, by itself and against the previous version. */
export function rowCount(
  schema: TableSchema,
  table: TableProfile,
  previous: TableProfile | undefined,
): Violation[] {
  const { rows } = table;
  const { min = 0, max = Infinity } = schema.rows ?? {};
  const count = {
    expected: `${between(schema.rows ?? {}, '', grouped)} rows`,
    observed: counted(rows, 'row'),
  };
  if (rows === 0 && schema.rows?.min !== 0)
    return [
      {
        kind: 'NO_DATA_IN_SPAN',
        short: 'No data',
        description: 'The table has no rows, so that nothing else is checked.',
        expected: 'at least 1 row',
        observed: 'no rows',
      },
    ];
  return [
    ...(rows < min
      ? [
          {
            kind: 'DATASET_LOW_NUM_EXAMPLES',
            short: 'Low num examples in dataset.',
            description: `The table has ${counted(rows, 'row')}, fewer than expected.`,
            ...count,
          },
        ]
      : []),
    ...(rows > max
      ? [
          {
            kind: 'DATASET_HIGH_NUM_EXAMPLES',
            short: 'High num examples in dataset.',
            description: `The table has ${counted(rows, 'row')}, more than expected.`,
            ...count,
          },
        ]
      : []),
    ...(previous === undefined ? [] : growth(schema, rows, previous.rows)),
  ];
}

function growth(schema: TableSchema, rows: number, before: number): Violation[] {
  const { min = 0, max = Infinity } = schema.growth ?? {};
  // No rows after none are no growth: their ratio is NaN, which is beyond no end.
  const ratio = rows / before;
  const finding = (side: 'Low' | 'High'): Violation => ({
    kind: `COMPARATOR_${side.toUpperCase()}_NUM_EXAMPLES`,
    short: `${side} num examples in current dataset versus the previous span.`,
    description: `The table has ${counted(rows, 'row')}, the previous version ${grouped(before)}${before === 0 ? '' : `: ${amount(ratio)} times as many`}.`,
    expected: `${between(schema.growth ?? {})} times the rows of the previous version`,
    observed: before === 0 ? 'the previous version has none' : `${amount(ratio)} times`,
  });
  return [...(ratio > max ? [finding('High')] : []), ...(ratio < min ? [finding('Low')] : [])];
}
