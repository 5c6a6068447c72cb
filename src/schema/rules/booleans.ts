import { bucketLow } from '../../profile/accumulators/buckets.ts';
import { textDigest } from '../../profile/hashing/hash.ts';
import type { NumericStats } from '../../profile/model/model.ts';
import { listedValue } from '../../profile/model/value-counts.ts';
import { quoted } from '../../wording/quote.ts';
import { compareDecimals } from '../format/exact.ts';
import type { FeatureSchema } from '../model.ts';
import { valueList } from '../phrases.ts';
import { columnSql, notInSql } from '../row-checker.ts';
import { type Rule, type Subject, type Violation, without } from './rule.ts';

/** Two-valued features: 0 and 1 in numbers, two words in text. */
export const BOOLEAN_RULE: Rule = {
  check(subject) {
    if (subject.feature.boolean === undefined) return [];
    if (subject.profile.type === 'string') return unexpectedWords(subject, subject.feature.boolean);
    return subject.profile.numeric === undefined ? [] : unexpectedNumbers(subject, subject.profile.numeric);
  },
  relax: (subject) =>
    BOOLEAN_RULE.check(subject).length > 0 ? without(subject.feature, 'boolean') : subject.feature,
};

function unexpectedWords({ profile }: Subject, words: NonNullable<FeatureSchema['boolean']>): Violation[] {
  const allowed = Object.values(words);
  const listed = new Set(allowed.map((word) => listedValue(word, () => textDigest(word))));
  const wrong = profile.values.values.filter(([value]) => !listed.has(value));
  if (wrong.length === 0 && profile.values.exact) return [];
  const column = columnSql(profile.path);
  return [
    {
      kind: 'BOOL_TYPE_UNEXPECTED_STRING',
      short: 'Non-boolean values',
      // A profile whose values are all different lists none of them.
      description: `There are values other than ${allowed.map(quoted).join(' and ')}${wrong.length === 0 ? '' : `: ${valueList(wrong, profile.count)}`}.`,
      expected: allowed.map(quoted).join(' or '),
      observed: wrong[0] === undefined ? 'other values' : quoted(wrong[0][0]),
      ...(column !== undefined && {
        failing: notInSql(column, allowed),
      }),
    },
  ];
}

function unexpectedNumbers({ profile }: Subject, stats: NumericStats): Violation[] {
  const example = notZeroOrOne(stats, profile.type === 'integer');
  if (example === undefined) return [];
  const kind =
    profile.type !== 'integer' ? 'UNEXPECTED_FLOAT' : example.startsWith('-') ? 'SMALL_INT' : 'BIG_INT';
  const column = columnSql(profile.path);
  return [
    {
      kind: `BOOL_TYPE_${kind}`,
      short: 'Non-boolean values',
      description: `There are numbers other than 0 and 1, such as ${example}.`,
      expected: '0 or 1',
      observed: example,
      ...(column !== undefined && { failing: `${column} NOT IN (0, 1)` }),
    },
  ];
}

function notZeroOrOne(
  { min, max, nan, positiveInfinity, negativeInfinity, positive }: NumericStats,
  whole: boolean,
): string | undefined {
  if (negativeInfinity > 0) return '-inf';
  if (min !== null && compareDecimals(min, '0') < 0) return min;
  if (max !== null && compareDecimals(max, '1') > 0) return max;
  if (positiveInfinity > 0) return 'inf';
  if (nan > 0) return 'NaN';
  if (max !== null && compareDecimals(max, '0') > 0 && compareDecimals(max, '1') < 0) return max;
  // Statistics of TFDV spread whole numbers over their buckets.
  if (whole) return undefined;
  // Bucket 0 starts at 1, and nothing is above 1 here, so a lower bucket holds what lies between 0 and 1.
  const between = positive.find(([index, count]) => index < 0 && count > 0);
  return between === undefined ? undefined : bucketLow(between[0]).toPrecision(2);
}
