import type { FeatureSchema } from '../model.ts';
import { between } from '../phrases.ts';
import { columnSql, textSql } from '../row-checker.ts';
import { instant } from '../time.ts';
import type { Rule, Subject, Violation } from './rule.ts';

/** The range of dates, times of day and timestamps. */
export const TIME_RULE: Rule = {
  check: (subject) => [...tooEarly(subject), ...tooLate(subject)],
  relax(subject) {
    const { feature, profile } = subject;
    const early = tooEarly(subject).length > 0;
    const late = tooLate(subject).length > 0;
    if (!early && !late) return feature;
    const range = {
      ...feature.range,
      ...(early && { min: profile.time?.min as string }),
      ...(late && { max: profile.time?.max as string }),
    };
    return { ...feature, range } satisfies FeatureSchema;
  },
};

const DAY = /^\d{4,7}-\d\d-\d\d( \(BC\))?$/;

/** An end that names a day reaches to that day's end where it is a maximum. */
function lastInstant(end: string): bigint | undefined {
  const at = instant(end);
  return at === undefined || !DAY.test(end) ? at : at + 86_399_999_999_999n;
}

function tooEarly(subject: Subject): Violation[] {
  const { time } = subject.profile;
  const limit = subject.feature.range?.min;
  const [found, least] = [instant(time?.min ?? ''), instant(limit ?? '')];
  if (found === undefined || least === undefined || found >= least) return [];
  return [
    finding(subject, 'EARLY', time?.min as string, `earlier than ${limit}`, `< ${textSql(limit as string)}`),
  ];
}

function tooLate(subject: Subject): Violation[] {
  const { time } = subject.profile;
  const limit = subject.feature.range?.max;
  const [found, most] = [instant(time?.max ?? ''), lastInstant(limit ?? '')];
  if (found === undefined || most === undefined || found <= most) return [];
  const day = DAY.test(limit as string);
  const comparison = day
    ? `>= CAST(${textSql(limit as string)} AS DATE) + 1`
    : `> ${textSql(limit as string)}`;
  return [finding(subject, 'LATE', time?.max as string, `later than ${limit}`, comparison)];
}

function finding(
  subject: Subject,
  side: 'EARLY' | 'LATE',
  found: string,
  where: string,
  comparison: string,
): Violation {
  const column = columnSql(subject.profile.path);
  return {
    kind: `TIME_TYPE_TOO_${side}`,
    short: 'Out-of-range times',
    description: `There are times ${where}; the ${side === 'EARLY' ? 'earliest' : 'latest'} is ${found}.`,
    expected: between(subject.feature.range ?? {}),
    observed: found,
    ...(column !== undefined && { failing: `${column} ${comparison}` }),
  };
}
