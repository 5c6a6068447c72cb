import { counted, grouped } from '../../wording/numbers.ts';
import { quoted } from '../../wording/quote.ts';
import { compareDecimals, isDecimal, isInteger } from '../format/exact.ts';
import type { FeatureSchema, Range } from '../model.ts';
import { between, exactAmount, valueList } from '../phrases.ts';
import { columnSql } from '../row-checker.ts';
import {
  allListed,
  type Rule,
  type Subject,
  totalCount,
  type Violation,
  wholeValues,
  without,
} from './rule.ts';

/**
 * The range of a feature's numbers: of all of them in a numeric column, of the listed ones in text that holds numbers.
 */
interface Span {
  readonly min: string | null;
  readonly max: string | null;
}

export const NUMBER_RULE: Rule = {
  check: (subject) => [...unreadable(subject), ...outOfRange(subject), ...notFinite(subject)],
  relax(subject) {
    const { feature } = subject;
    if (unreadable(subject).some((each) => each.undecided === undefined))
      return without(feature, 'holds', 'range', 'nan', 'infinity');
    const range = widened(feature.range, numericSpan(subject), infinities(subject));
    const flags = notFinite(subject).map(({ kind }): 'nan' | 'infinity' =>
      kind === 'FLOAT_TYPE_HAS_NAN' ? 'nan' : 'infinity',
    );
    const kept = without(feature, ...flags);
    if (range === feature.range) return flags.length === 0 ? feature : kept;
    return range === undefined ? without(kept, 'range') : { ...kept, range };
  },
};

function numericSpan({ feature, profile }: Subject): Span | undefined {
  if (profile.numeric !== undefined) return profile.numeric;
  if (feature.holds === undefined || profile.type !== 'string') return undefined;
  const read = wholeValues(profile)
    .map(([value]) => value.trim())
    .filter(isDecimal)
    .sort(compareDecimals);
  return { min: read[0] ?? null, max: read.at(-1) ?? null };
}

/** How many values are infinite, of numbers or of text that holds them. */
interface Infinities {
  readonly negative: number;
  readonly positive: number;
}

function infinities(subject: Subject): Infinities {
  const { numeric } = subject.profile;
  if (numeric !== undefined)
    return { negative: numeric.negativeInfinity, positive: numeric.positiveInfinity };
  return {
    negative: textCount(subject, /^-inf(?:inity)?$/i),
    positive: textCount(subject, /^\+?inf(?:inity)?$/i),
  };
}

/** False where one is absent: an empty text compares as NaN. */
function below(value: string | null, end: string | undefined): boolean {
  return compareDecimals(value ?? '', end ?? '') < 0;
}

/** False where one is absent, as `below`. */
function above(value: string | null, end: string | undefined): boolean {
  return compareDecimals(value ?? '', end ?? '') > 0;
}

function widened(range: Range | undefined, span: Span | undefined, infinite: Infinities): Range | undefined {
  if (range === undefined || span === undefined) return range;
  const low = below(span.min, range.min);
  const high = above(span.max, range.max);
  const open = {
    low: range.min !== undefined && infinite.negative > 0,
    high: range.max !== undefined && infinite.positive > 0,
  };
  if (!low && !high && !open.low && !open.high) return range;
  const min = open.low ? undefined : low ? (span.min as string) : range.min;
  const max = open.high ? undefined : high ? (span.max as string) : range.max;
  if (min === undefined && max === undefined) return undefined;
  return { ...(min !== undefined && { min }), ...(max !== undefined && { max }) };
}

function family(feature: FeatureSchema): 'INT' | 'FLOAT' {
  if (feature.holds !== undefined) return feature.holds === 'integer' ? 'INT' : 'FLOAT';
  return feature.types.some((type) => type === 'float' || type === 'decimal') ? 'FLOAT' : 'INT';
}

function asNumber({ feature, profile }: Subject): string | undefined {
  const column = columnSql(profile.path);
  return column === undefined || feature.holds === undefined ? column : `TRY_CAST(${column} AS DOUBLE)`;
}

/** Gives the same with NaN as null: it is beyond no end, though in SQL it is the greatest number. */
function asOrderedNumber(subject: Subject): string | undefined {
  const column = asNumber(subject);
  const floats = subject.profile.type === 'float' || subject.feature.holds !== undefined;
  return column === undefined || !floats ? column : `nullif(${column}, 'nan'::DOUBLE)`;
}

function outOfRange(subject: Subject): Violation[] {
  const { feature } = subject;
  const span = numericSpan(subject);
  const range = feature.range;
  if (span === undefined || range === undefined) return [];
  const infinite = infinities(subject);
  const low = below(span.min, range.min)
    ? span.min
    : range.min !== undefined && infinite.negative > 0
      ? '-inf'
      : null;
  const high = above(span.max, range.max)
    ? span.max
    : range.max !== undefined && infinite.positive > 0
      ? 'inf'
      : null;
  return [
    ...(low === null
      ? []
      : [
          end(subject, 'SMALL', low, `below the least allowed, ${exactAmount(range.min!)}`, `< ${range.min}`),
        ]),
    ...(high === null
      ? []
      : [
          end(
            subject,
            'BIG',
            high,
            `above the greatest allowed, ${exactAmount(range.max!)}`,
            `> ${range.max}`,
          ),
        ]),
    ...unlisted(
      subject,
      `some number outside ${between(range)}`,
      `outside ${between(range)}`,
      rangeSql(subject, range),
    ),
  ];
}

function end(
  subject: Subject,
  side: 'SMALL' | 'BIG',
  value: string,
  where: string,
  comparison: string,
): Violation {
  const kind = family(subject.feature);
  const column = asOrderedNumber(subject);
  return {
    kind: `${kind}_TYPE_${side}_${kind}`,
    short: 'Out-of-range values',
    description: `There are values ${where}; the ${side === 'SMALL' ? 'least' : 'greatest'} is ${exactAmount(value)}.`,
    expected: between(subject.feature.range ?? {}),
    observed: exactAmount(value),
    ...(column !== undefined && { failing: `${column} ${comparison}` }),
  };
}

function rangeSql(subject: Subject, { min, max }: Range): string | undefined {
  const column = asOrderedNumber(subject);
  if (column === undefined) return undefined;
  return [min === undefined ? '' : `${column} < ${min}`, max === undefined ? '' : `${column} > ${max}`]
    .filter(Boolean)
    .join(' OR ');
}

/** Counts the values that the profile does not list, of text that holds numbers. */
function unlisted(
  subject: Subject,
  what: string,
  observed: string,
  failing: string | undefined,
): Violation[] {
  const { feature, profile } = subject;
  if (profile.type !== 'string' || feature.holds === undefined || allListed(profile)) return [];
  return [
    {
      kind: `${family(feature)}_TYPE_BIG_${family(feature)}`,
      short: 'Out-of-range values',
      description: `There is ${what}.`,
      expected: between(feature.range ?? {}),
      observed,
      ...(failing !== undefined && { failing }),
      undecided: 'the profile lists only the most frequent of its values',
    },
  ];
}

const FLOAT_WORD = /^[+-]?(?:inf(?:inity)?|nan)$/i;

function reads(holds: 'integer' | 'float', value: string): boolean {
  const trimmed = value.trim();
  return holds === 'integer' ? isInteger(trimmed) : isDecimal(trimmed) || FLOAT_WORD.test(trimmed);
}

function unreadable(subject: Subject): Violation[] {
  const { feature, profile } = subject;
  const { holds } = feature;
  if (holds === undefined || profile.type !== 'string') return [];
  const wrong = wholeValues(profile).filter(([value]) => !reads(holds, value));
  const known = allListed(profile);
  if (wrong.length === 0 && known) return [];
  const column = columnSql(profile.path);
  const target = holds === 'integer' ? 'HUGEINT' : 'DOUBLE';
  const example = wrong[0]?.[0];
  return [
    {
      kind: holds === 'integer' ? 'INT_TYPE_NOT_INT_STRING' : 'FLOAT_TYPE_STRING_NOT_FLOAT',
      short: 'Invalid values',
      description: `${counted(totalCount(wrong), 'value')} ${totalCount(wrong) === 1 ? 'does' : 'do'} not read as ${holds === 'integer' ? 'an integer' : 'a number'}: ${valueList(wrong, profile.count)}.`,
      expected: holds === 'integer' ? 'text that reads as an integer' : 'text that reads as a number',
      observed: example === undefined ? 'other text' : quoted(example),
      ...(column !== undefined && {
        failing: `${column} IS NOT NULL AND TRY_CAST(${column} AS ${target}) IS NULL`,
      }),
      ...(wrong.length === 0 && { undecided: 'the profile lists only the most frequent of its values' }),
    },
  ];
}

function notFinite(subject: Subject): Violation[] {
  const { feature, profile } = subject;
  const nan = profile.numeric?.nan ?? textCount(subject, /^[+-]?nan$/i);
  const { negative, positive } = infinities(subject);
  const infinite = negative + positive;
  const column = asNumber(subject);
  const finding = (kind: string, what: string, count: number, sql: string): Violation => ({
    kind,
    short: 'Invalid values',
    description: `${counted(count, 'value')} of ${grouped(profile.count)} ${count === 1 ? 'is' : 'are'} ${what}.`,
    expected: `no ${what}`,
    observed: `${grouped(count)} ${what}`,
    ...(column !== undefined && { failing: `${sql}(${column})` }),
  });
  return [
    ...(feature.nan === false && nan > 0 ? [finding('FLOAT_TYPE_HAS_NAN', 'NaN', nan, 'isnan')] : []),
    ...(feature.infinity === false && infinite > 0
      ? [finding('FLOAT_TYPE_HAS_INF', 'infinite', infinite, 'isinf')]
      : []),
  ];
}

function textCount({ feature, profile }: Subject, word: RegExp): number {
  return feature.holds === 'float'
    ? totalCount(wholeValues(profile).filter(([value]) => word.test(value.trim())))
    : 0;
}
