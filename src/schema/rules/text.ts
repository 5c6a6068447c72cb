import { counted, grouped } from '../../wording/numbers.ts';
import { quoted } from '../../wording/quote.ts';
import { notMatching } from '../format/pattern.ts';
import { timeFormatPattern } from '../format/time-format.ts';
import { between, valueList } from '../phrases.ts';
import { columnSql, textSql } from '../row-checker.ts';
import {
  allListed,
  type Rule,
  type Subject,
  totalCount,
  type Violation,
  wholeValues,
  without,
} from './rule.ts';

/** Length, regular expression and time format of text; length of bytes. */
export const TEXT_RULE: Rule = {
  check: (subject) => [...length(subject), ...matches(subject), ...timeFormat(subject)],
  relax(subject) {
    const broken = TEXT_RULE.check(subject)
      .filter((each) => each.undecided === undefined)
      .map((each) => each.kind);
    const dropped = [
      ...(broken.includes('STRING_TYPE_NOT_MATCHING') ? (['matches'] as const) : []),
      ...(broken.includes('STRING_TYPE_NOT_A_TIME') ? (['timeFormat'] as const) : []),
    ];
    const feature = dropped.length === 0 ? subject.feature : without(subject.feature, ...dropped);
    const { length: limits } = feature;
    const { lengths } = subject.profile;
    if (limits === undefined || lengths === undefined || length(subject).length === 0) return feature;
    return {
      ...feature,
      length: {
        ...(limits.min !== undefined && { min: Math.min(limits.min, lengths.min) }),
        ...(limits.max !== undefined && { max: Math.max(limits.max, lengths.max) }),
      },
    };
  },
};

function length({ feature, profile }: Subject): Violation[] {
  const { lengths } = profile;
  const limits = feature.length;
  if (lengths === undefined || limits === undefined || lengths.count === 0) return [];
  const unit = profile.type === 'bytes' ? 'bytes' : 'characters';
  const column = columnSql(profile.path);
  const size =
    column === undefined
      ? undefined
      : profile.type === 'bytes'
        ? `octet_length(${column})`
        : `length(CAST(${column} AS VARCHAR))`;
  const finding = (
    kind: string,
    short: string,
    found: number,
    which: string,
    comparison: string,
  ): Violation => ({
    kind,
    short,
    description: `The ${which} value has ${grouped(found)} ${unit}.`,
    expected: between(limits, unit),
    observed: `${grouped(found)} ${unit}`,
    ...(size !== undefined && { failing: `${size} ${comparison}` }),
  });
  const { min = 0, max = Infinity } = limits;
  return [
    ...(lengths.min < min
      ? [finding('STRING_TYPE_TOO_SHORT', 'Values too short', lengths.min, 'shortest', `< ${min}`)]
      : []),
    ...(lengths.max > max
      ? [finding('STRING_TYPE_TOO_LONG', 'Values too long', lengths.max, 'longest', `> ${max}`)]
      : []),
  ];
}

function matches(subject: Subject): Violation[] {
  const { matches: pattern } = subject.feature;
  if (pattern === undefined || subject.profile.type !== 'string') return [];
  return mismatch(subject, pattern, {
    kind: 'STRING_TYPE_NOT_MATCHING',
    short: 'Values that do not match',
    expected: `text that matches ${pattern}`,
    failing: (column) => `NOT regexp_full_match(CAST(${column} AS VARCHAR), ${textSql(pattern)})`,
  });
}

function timeFormat(subject: Subject): Violation[] {
  const { timeFormat: format } = subject.feature;
  if (format === undefined || subject.profile.type !== 'string') return [];
  return mismatch(subject, timeFormatPattern(format), {
    kind: 'STRING_TYPE_NOT_A_TIME',
    short: 'Values that are not times',
    expected: `a time written as ${format}`,
    failing: (column) =>
      `${column} IS NOT NULL AND try_strptime(CAST(${column} AS VARCHAR), ${textSql(format)}) IS NULL`,
  });
}

interface Mismatch {
  readonly kind: string;
  readonly short: string;
  readonly expected: string;
  failing(column: string): string;
}

function mismatch(
  { profile }: Subject,
  pattern: string,
  { kind, short, expected, failing }: Mismatch,
): Violation[] {
  const listed = wholeValues(profile);
  const bad = new Set(
    notMatching(
      pattern,
      listed.map(([value]) => value),
    ),
  );
  if (bad.size === 0 && allListed(profile)) return [];
  const wrong = listed.filter(([value]) => bad.has(value));
  const column = columnSql(profile.path);
  return [
    {
      kind,
      short,
      description: `${counted(totalCount(wrong), 'value')} of ${grouped(profile.count)} ${totalCount(wrong) === 1 ? 'is' : 'are'} not ${expected}: ${valueList(wrong, profile.count)}.`,
      expected,
      observed: wrong[0] === undefined ? 'other text' : quoted(wrong[0][0]),
      ...(column !== undefined && { failing: failing(column) }),
      ...(wrong.length === 0 && { undecided: 'the profile lists only the most frequent of its values' }),
    },
  ];
}
