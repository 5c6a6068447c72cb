import type { FeatureSchema } from '../model.ts';
import { BALANCE_RULE } from './balance.ts';
import { BOOLEAN_RULE } from './booleans.ts';
import { DOMAIN_RULE } from './domain.ts';
import { MEDIAN_RULE } from './median.ts';
import { NUMBER_RULE } from './numbers.ts';
import { PRESENCE_RULE } from './presence.ts';
import type { Rule, Subject, Violation } from './rule.ts';
import { TEXT_RULE } from './text.ts';
import { TIME_RULE } from './times.ts';
import { TYPE_RULE } from './type.ts';
import { UNIQUENESS_RULE } from './uniqueness.ts';
import { VALENCY_RULE } from './valency.ts';

/** All rules, in the order in which anomalies of one feature are reported. */
const RULES: readonly Rule[] = [
  VALENCY_RULE,
  PRESENCE_RULE,
  TYPE_RULE,
  DOMAIN_RULE,
  BALANCE_RULE,
  BOOLEAN_RULE,
  NUMBER_RULE,
  MEDIAN_RULE,
  TEXT_RULE,
  TIME_RULE,
  UNIQUENESS_RULE,
];

/** Every way in which a feature that is there breaks its constraints. */
export function checkFeature(subject: Subject): Violation[] {
  return RULES.flatMap((rule) => rule.check(subject));
}

/** Relaxes a feature to the nearest one that the data satisfies; gives the same object if it does already. */
export function relaxFeature(subject: Subject): FeatureSchema {
  return RULES.reduce((feature, rule) => rule.relax({ ...subject, feature }), subject.feature);
}
