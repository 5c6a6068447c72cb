import { textDigest } from '../../profile/hashing/hash.ts';
import { byCountThenBytes, isCut, listedValue } from '../../profile/model/value-counts.ts';
import { counted, percent } from '../../wording/numbers.ts';
import { quoted } from '../../wording/quote.ts';
import { domainValues } from '../model.ts';
import { names, valueList } from '../phrases.ts';
import { columnSql, notInSql } from '../row-checker.ts';
import { type Rule, type Subject, totalCount, type Violation, without } from './rule.ts';

/** Values outside the feature's domain, as far as the profile lists them, and by how much it may miss. */
interface Outside {
  readonly values: readonly (readonly [string, number])[];
  /** How many values lie outside: at least and at most. */
  readonly least: number;
  readonly most: number;
  readonly total: number;
}

export const DOMAIN_RULE: Rule = {
  check(subject) {
    const allowed = domainValues(subject.schema, subject.feature);
    if (allowed === undefined) return [];
    const outside = measure(subject, allowed);
    const mass = subject.feature.minDomainMass ?? 1;
    if (!exceeds(outside.most, outside.total, mass)) return [];
    return [finding(subject, allowed, outside, exceeds(outside.least, outside.total, mass))];
  },
  relax(subject) {
    const { feature } = subject;
    const allowed = domainValues(subject.schema, feature);
    if (allowed === undefined) return feature;
    const outside = measure(subject, allowed);
    const added = fewest(outside, feature.minDomainMass ?? 1);
    // The end of a value that is cut is not known, so no domain can name it.
    if (added.some(isCut)) return without(feature, 'domain', 'minDomainMass');
    return added.length === 0 ? feature : { ...feature, domain: [...allowed, ...added.sort()] };
  },
};

/** The fewest values that have to come into the domain: the most frequent ones outside. */
function fewest({ values, least, total }: Outside, mass: number): string[] {
  const added: string[] = [];
  let outside = least;
  for (const [value, count] of [...values].sort(byCountThenBytes)) {
    if (!exceeds(outside, total, mass)) break;
    added.push(value);
    outside -= count;
  }
  return added;
}

function measure({ profile }: Subject, domain: readonly string[]): Outside {
  const allowed = new Set(domain.map((value) => listedValue(value, () => textDigest(value))));
  const listed = profile.values.values;
  const values = listed.filter(([value]) => !allowed.has(value));
  const total = profile.count - profile.nullElements;
  const least = totalCount(values);
  const most = profile.values.exact
    ? least
    : total - totalCount(listed.filter(([value]) => allowed.has(value)));
  return { values, least, most, total };
}

/** The condition of TFDV's ENUM_TYPE_UNEXPECTED_STRING_VALUES. */
function exceeds(outside: number, total: number, mass: number): boolean {
  return outside / total > 1 - mass;
}

function finding(subject: Subject, allowed: readonly string[], outside: Outside, sure: boolean): Violation {
  const { feature, profile } = subject;
  const column = columnSql(profile.path);
  const mass = feature.minDomainMass ?? 1;
  const share = mass === 1 ? '' : ` in at least ${percent(mass)} of values`;
  const more = profile.values.exact ? '' : ', and others that the profile does not list';
  return {
    kind: 'ENUM_TYPE_UNEXPECTED_STRING_VALUES',
    // TFDV, whose words these are, has domains of texts alone.
    short: profile.type === 'string' ? 'Unexpected string values' : 'Unexpected values',
    description: `${counted(outside.values.length, 'value')} outside the domain in ${counted(outside.least, 'place')} (${percent(outside.least / outside.total)}): ${valueList(outside.values, outside.total)}${more}.`,
    expected: `one of ${names(allowed)}${share}`,
    observed:
      outside.values[0] === undefined
        ? 'other values'
        : names(
            outside.values.map(([value]) => quoted(value)),
            3,
          ),
    ...(column !== undefined && { failing: notInSql(column, allowed) }),
    ...(!sure && { undecided: 'it has more different values than the profile lists', allowed: 1 - mass }),
  };
}
