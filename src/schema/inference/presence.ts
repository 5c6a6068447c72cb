import type { FeatureProfile } from '../../profile/model/model.ts';
import { counted, percent } from '../../wording/numbers.ts';
import { type Inferred, inferred, NOTHING } from './evidence.ts';

/** The number of rows from which a share of nulls is taken for a rule. */
const MIN_ROWS = 30;

const MIN_MEASURED = 300;

/** More nulls than usual by this share, beside four standard errors of the sample, are let pass. */
const LEEWAY = 0.1;

/** A measured number of a table that has nulls elsewhere may lack so many of its values, though none of the sample is null. */
const MEASURED = 0.99;

/**
 * @param profiles of a feature that every table has, none of type `unknown`
 * @param isIncomplete whether other features of the tables have nulls
 */
export function presence(
  profiles: readonly FeatureProfile[],
  strict: boolean,
  isIncomplete: boolean,
): Inferred {
  const rows = profiles.reduce((total, { present, nulls }) => total + present + nulls, 0);
  const complete = profiles.every(({ nulls }) => nulls === 0);
  if (
    complete &&
    isIncomplete &&
    !strict &&
    profiles.every(({ type }) => type === 'float') &&
    rows >= MIN_MEASURED
  )
    return inferred(
      { presence: { minFraction: MEASURED, minCount: 1 } },
      `presence: no null in ${counted(rows, 'row')}, but other numbers have some`,
    );
  if (complete)
    return inferred(
      { presence: { minFraction: 1, minCount: 1 } },
      `presence: no null in ${counted(rows, 'row')}`,
    );
  if (!profiles.every(({ present }) => present > 0)) return NOTHING;
  const least = Math.min(...profiles.map(({ present, nulls }) => present / (present + nulls)));
  const error = 4 * Math.sqrt((least * (1 - least)) / rows);
  const minFraction = strict
    ? Math.floor(least * 10_000) / 10_000
    : Math.floor((least - error - LEEWAY) * 20) / 20;
  if (minFraction <= 0 || (!strict && rows < MIN_ROWS)) return inferred({ presence: { minCount: 1 } });
  const seen = `presence: ${percent(1 - least)} null at most`;
  return inferred({ presence: { minFraction, minCount: 1 } }, strict ? seen : `${seen}, and some leeway`);
}
