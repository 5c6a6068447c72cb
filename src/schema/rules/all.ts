import type { FeatureSchema } from '../model.ts';
import { balance } from './balance.ts';
import { booleans } from './booleans.ts';
import { domain } from './domain.ts';
import { numbers } from './numbers.ts';
import { presence } from './presence.ts';
import type { Finding, Rule, Subject } from './rule.ts';
import { text } from './text.ts';
import { times } from './times.ts';
import { type } from './type.ts';
import { uniqueness } from './uniqueness.ts';
import { valency } from './valency.ts';

/** In the order in which anomalies of one feature are reported. */
const rules: readonly Rule[] = [
  valency,
  presence,
  type,
  domain,
  balance,
  booleans,
  numbers,
  text,
  times,
  uniqueness,
];

/** Every way in which a feature that is there breaks its constraints. */
export function checkFeature(subject: Subject): Finding[] {
  return rules.flatMap((rule) => rule.check(subject));
}

/** The nearest feature that the data satisfies; the same object where it does already. */
export function relaxFeature(subject: Subject): FeatureSchema {
  return rules.reduce((feature, rule) => rule.relax({ ...subject, feature }), subject.feature);
}
