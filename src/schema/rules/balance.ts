import { percent } from '../../wording/numbers.ts';
import { quoted } from '../../wording/quote.ts';
import { type Bounds, domainValues } from '../model.ts';
import { columnSql } from '../row-checker.ts';
import { allListed, type Rule, type Subject, type Violation, wholeValues, without } from './rule.ts';

/** Bounds the share of all values that each value has: labels that no class dominates and none lacks. */
export const BALANCE_RULE: Rule = {
  check: (subject) => [...tooRare(subject), ...tooFrequent(subject)],
  relax(subject) {
    const { feature } = subject;
    const [rare, frequent] = [tooRare(subject), tooFrequent(subject)].map((found) =>
      found.some((each) => each.undecided === undefined),
    );
    if (!rare && !frequent) return feature;
    const { least, most } = shares(subject);
    const relaxed: Bounds = {
      ...feature.balance,
      ...(rare && { min: Math.floor(least.share * 10_000) / 10_000 }),
      ...(frequent && { max: Math.ceil(most.share * 10_000) / 10_000 }),
    };
    const { min = 0, max = 1 } = relaxed;
    if (min === 0 && max === 1) return without(feature, 'balance');
    return { ...feature, balance: { ...(min > 0 && { min }), ...(max < 1 && { max }) } };
  },
};

interface Share {
  readonly value: string;
  readonly share: number;
}

function hasValues({ profile }: Subject): boolean {
  return profile.count > profile.nullElements;
}

/** The rarest and the most frequent value that are known; a value of the domain that the data lacks has no share. */
function shares({ schema, feature, profile }: Subject): { least: Share; most: Share } {
  const listed = wholeValues(profile);
  const total = profile.count - profile.nullElements;
  const share = ([value, count]: readonly [string, number]): Share => ({ value, share: count / total });
  const known = new Set(listed.map(([value]) => value));
  const lacking = domainValues(schema, feature)?.find((value) => !known.has(value));
  const [first = ['', 0], last = first] = [listed[0], listed.at(-1)];
  return {
    least: lacking === undefined || !allListed(profile) ? share(last) : { value: lacking, share: 0 },
    most: share(first),
  };
}

function tooRare(subject: Subject): Violation[] {
  const { min = 0 } = subject.feature.balance ?? {};
  if (!hasValues(subject)) return [];
  const { least } = shares(subject);
  const sure = least.share < min;
  if (min === 0 || (!sure && allListed(subject.profile))) return [];
  return [
    {
      kind: 'VALUE_TOO_RARE',
      short: 'Values too rare',
      description: `${quoted(least.value)} is ${percent(least.share)} of values, less than ${percent(min)}.`,
      expected: `each value at least ${percent(min)} of all`,
      observed: `${quoted(least.value)} ${percent(least.share)}`,
      ...partsSql(subject, `< ${min}`),
      ...(!sure && { undecided: 'it has more different values than the profile lists' }),
    },
  ];
}

function tooFrequent(subject: Subject): Violation[] {
  const { max = 1 } = subject.feature.balance ?? {};
  if (!hasValues(subject)) return [];
  const { most } = shares(subject);
  if (most.share <= max) return [];
  return [
    {
      kind: 'VALUE_TOO_FREQUENT',
      short: 'Values too frequent',
      description: `${quoted(most.value)} is ${percent(most.share)} of values, more than ${percent(max)}.`,
      expected: `each value at most ${percent(max)} of all`,
      observed: `${quoted(most.value)} ${percent(most.share)}`,
      ...partsSql(subject, `> ${max}`),
    },
  ];
}

function partsSql({ profile }: Subject, comparison: string): Pick<Violation, 'failing'> {
  const column = columnSql(profile.path);
  if (column === undefined) return {};
  return {
    failing: `count(${column}) OVER (PARTITION BY ${column}) / count(${column}) OVER () ${comparison} AND ${column} IS NOT NULL`,
  };
}
