import { distinctValues } from '../../profile/model/distinct-values.ts';
import type { FeatureProfile } from '../../profile/model/model.ts';
import { counted, grouped } from '../../wording/numbers.ts';
import { between, valueList } from '../phrases.ts';
import { columnSql } from '../row-checker.ts';
import { type Rule, type Subject, type Violation, without } from './rule.ts';

/** Bounds how many different values there are, and whether any may occur twice. */
export const UNIQUENESS_RULE: Rule = {
  check: (subject) => [...distinct(subject), ...unique(subject)],
  relax(subject) {
    const { feature, profile } = subject;
    const repeated = unique(subject).some((each) => each.undecided === undefined);
    const kept = repeated ? without(feature, 'unique') : feature;
    const limits = feature.distinct;
    const found = distinctValues(profile).count;
    if (limits === undefined || distinct(subject).length === 0) return kept;
    return {
      ...kept,
      distinct: {
        ...(limits.min !== undefined && { min: Math.min(limits.min, found) }),
        ...(limits.max !== undefined && { max: Math.max(limits.max, found) }),
      },
    };
  },
};

function distinct({ feature, profile }: Subject): Violation[] {
  const limits = feature.distinct;
  if (limits === undefined) return [];
  const { count: found, exact } = distinctValues(profile);
  const shown = `${exact ? '' : '≈'}${grouped(found)}`;
  const { min = 0, max = Infinity } = limits;
  if (found >= min && found <= max) return [];
  const low = found < min;
  return [
    {
      kind: low ? 'FEATURE_TYPE_LOW_UNIQUE' : 'FEATURE_TYPE_HIGH_UNIQUE',
      short: `${low ? 'Low' : 'High'} number of unique values`,
      description: `There are ${shown} different values, ${low ? `fewer than ${grouped(min)}` : `more than ${grouped(max)}`}.`,
      expected: `${between(limits, '', grouped)} different values`,
      observed: `${shown} different values`,
    },
  ];
}

function unique({ feature, profile }: Subject): Violation[] {
  if (feature.unique !== true) return [];
  const verdict = repeats(profile);
  if (verdict.answer === 'none') return [];
  const column = columnSql(profile.path);
  return [
    {
      kind: 'VALUE_NOT_UNIQUE',
      short: 'Repeated values',
      description:
        verdict.values.length > 0
          ? `${counted(verdict.values.length, 'value')} occur${verdict.values.length === 1 ? 's' : ''} more than once: ${valueList(verdict.values, profile.count)}.`
          : 'Some values occur more than once.',
      expected: 'every value once',
      observed:
        verdict.values[0] === undefined
          ? 'repeated values'
          : `${counted(verdict.values.length, 'repeated value')}`,
      ...(column !== undefined && repeatedIn([column])),
      ...(verdict.answer === 'unknown' && {
        undecided: 'its different values are too many to count exactly from the profile',
      }),
    },
  ];
}

/** Asks for rows whose values in all the columns occur in another row as well; rows with a null in one of them pass. */
export function repeatedIn(columns: readonly string[]): Required<Pick<Violation, 'failing' | 'repeated'>> {
  const failing = `count(*) OVER (PARTITION BY ${columns.join(', ')}) > 1 AND ${columns.map((column) => `${column} IS NOT NULL`).join(' AND ')}`;
  return { failing, repeated: columns };
}

export interface Repeats {
  readonly answer: 'none' | 'some' | 'unknown';
  readonly values: readonly (readonly [string, number])[];
}

/** Tells whether a value occurs twice, as far as the profile knows. */
export function repeats(profile: FeatureProfile): Repeats {
  const values = profile.values.values.filter(([, count]) => count > 1);
  if (values.length > 0) return { answer: 'some', values };
  const total = profile.count - profile.nullElements;
  const { count: found, exact } = distinctValues(profile);
  if (exact) return { answer: found < total ? 'some' : 'none', values };
  return { answer: found < total * 0.9 ? 'some' : 'unknown', values };
}
