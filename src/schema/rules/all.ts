import type { FeatureSchema } from '../model.ts';
import { balanceRule } from './balance.ts';
import { booleanRule } from './booleans.ts';
import { domainRule } from './domain.ts';
import { numberRule } from './numbers.ts';
import { presenceRule } from './presence.ts';
import type { Rule, Subject, Violation } from './rule.ts';
import { textRule } from './text.ts';
import { timeRule } from './times.ts';
import { typeRule } from './type.ts';
import { uniquenessRule } from './uniqueness.ts';
import { valencyRule } from './valency.ts';

/** In the order in which anomalies of one feature are reported. */
const rules: readonly Rule[] = [
  valencyRule,
  presenceRule,
  typeRule,
  domainRule,
  balanceRule,
  booleanRule,
  numberRule,
  textRule,
  timeRule,
  uniquenessRule,
];

/** Every way in which a feature that is there breaks its constraints. */
export function checkFeature(subject: Subject): Violation[] {
  return rules.flatMap((rule) => rule.check(subject));
}

/** The nearest feature that the data satisfies; the same object where it does already. */
export function relaxFeature(subject: Subject): FeatureSchema {
  return rules.reduce((feature, rule) => rule.relax({ ...subject, feature }), subject.feature);
}
