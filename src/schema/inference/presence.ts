import type { FeatureProfile } from '../../profile/model/model.ts';
import { counted, percent } from '../../wording/numbers.ts';
import { type Inferred, inferred, NOTHING } from './evidence.ts';

/** The number of rows from which a share of nulls is taken for a rule. */
const MIN_ROWS = 30;

/** More nulls than usual by this share, beside four standard errors of the sample, are let pass. */
const LEEWAY = 0.1;

/** @param profiles of a feature that every table has, none of type `unknown` */
export function presence(profiles: readonly FeatureProfile[], strict: boolean): Inferred {
  const rows = profiles.reduce((total, { present, nulls }) => total + present + nulls, 0);
  if (profiles.every(({ nulls }) => nulls === 0))
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
