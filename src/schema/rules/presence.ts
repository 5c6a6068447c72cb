import { counted, grouped, percent } from '../../wording/numbers.ts';
import type { FeatureSchema, Schema } from '../model.ts';
import { columnSql } from '../row-checker.ts';
import { type Rule, type Subject, type Violation, without } from './rule.ts';

/** Tells whether the feature has to be there at all, in the environment that is validated. */
export function isRequired(schema: Schema, feature: FeatureSchema, environment: string | undefined): boolean {
  const { minCount = 0, minFraction = 0 } = feature.presence ?? {};
  return (
    feature.deprecated !== true &&
    (minCount > 0 || minFraction > 0) &&
    isInEnvironment(schema, feature, environment)
  );
}

export function isInEnvironment(
  schema: Schema,
  feature: FeatureSchema,
  environment: string | undefined,
): boolean {
  if (environment === undefined || feature.in.includes(environment)) return true;
  return !feature.notIn.includes(environment) && schema.environments.includes(environment);
}

export const PRESENCE_RULE: Rule = {
  check(subject) {
    return [...tooFewRows(subject), ...tooSmallFraction(subject)];
  },
  relax({ feature, profile }) {
    const { minFraction = 0, minCount = 0 } = feature.presence ?? {};
    const fraction = profile.present / (profile.present + profile.nulls);
    if (profile.present >= minCount && fraction >= minFraction) return feature;
    const relaxed = {
      ...(minFraction > 0 && { minFraction: Math.min(minFraction, roundedDown(fraction)) }),
      ...(minCount > 0 && { minCount: Math.min(minCount, profile.present) }),
    };
    return { ...without(feature, 'presence'), presence: relaxed };
  },
};

/** Rounds down to four digits, so that the proposal reads well; never to 1 if something is missing. */
function roundedDown(fraction: number): number {
  return Math.floor(fraction * 10_000) / 10_000;
}

function missing(subject: Subject): Pick<Violation, 'failing'> {
  const column = columnSql(subject.profile.path);
  return column === undefined ? {} : { failing: `${column} IS NULL` };
}

function tooFewRows(subject: Subject): Violation[] {
  const { present } = subject.profile;
  const least = subject.feature.presence?.minCount ?? 0;
  if (present >= least) return [];
  return [
    {
      kind: 'FEATURE_TYPE_LOW_NUMBER_PRESENT',
      short: 'Column dropped',
      description: `The feature is there in ${counted(present, 'row')}, fewer than the ${grouped(least)} expected.`,
      expected: `at least ${counted(least, 'row')}`,
      observed: counted(present, 'row'),
      ...missing(subject),
    },
  ];
}

function tooSmallFraction(subject: Subject): Violation[] {
  const { present, nulls } = subject.profile;
  const least = subject.feature.presence?.minFraction ?? 0;
  const fraction = present / (present + nulls);
  if (fraction >= least) return [];
  return [
    {
      kind: 'FEATURE_TYPE_LOW_FRACTION_PRESENT',
      short: 'Column dropped',
      description: `The feature is missing in ${grouped(nulls)} of ${counted(present + nulls, 'row')} (${percent(1 - fraction)}).`,
      expected: least === 1 ? 'never null' : `at most ${percent(1 - least)} null`,
      observed: `${percent(1 - fraction)} null`,
      ...missing(subject),
    },
  ];
}
