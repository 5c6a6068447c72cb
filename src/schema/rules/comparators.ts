import type { FeatureProfile } from '../../profile/model/model.ts';
import { quoted } from '../../wording/quote.ts';
import {
  comparatorDivergence,
  greatestShareDifference,
  listedCounts,
  normalizedAbsoluteDifference,
} from '../distances.ts';
import type { Comparator, FeatureSchema } from '../model.ts';
import { amount } from '../phrases.ts';
import type { Violation } from './rule.ts';

/** A dataset that the data is compared with. TFDV calls it the control. */
export interface Control {
  readonly role: 'drift' | 'skew';
  /** Undefined if the other dataset does not have the feature. */
  readonly profile: FeatureProfile | undefined;
}

interface Compared {
  readonly distance: number | undefined;
  /** The value that differs most, where the measure is of single values. */
  readonly value?: string;
}

interface Distance {
  readonly measure: keyof Comparator;
  readonly kind: string;
  readonly name: string;
  /** The distance is undefined where a side has nothing to compare. */
  between(feature: FeatureSchema, current: FeatureProfile, control: FeatureProfile): Compared;
}

const DISTANCES: readonly Distance[] = [
  {
    measure: 'l-infinity',
    kind: 'COMPARATOR_L_INFTY_HIGH',
    name: 'Linfty distance',
    between: (_, current, control) => greatestShareDifference(listedCounts(current), listedCounts(control)),
  },
  {
    measure: 'normalized-absolute-difference',
    kind: 'COMPARATOR_NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH',
    name: 'normalized absolute difference',
    between: (_, current, control) =>
      normalizedAbsoluteDifference(listedCounts(current), listedCounts(control)),
  },
  {
    measure: 'jensen-shannon',
    kind: 'COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH',
    name: 'approximate Jensen-Shannon divergence',
    between: (feature, current, control) => ({
      distance: comparatorDivergence(current, control, feature.categorical === true),
    }),
  },
];

/** The comparators of one feature that speak; a feature that the other dataset lacks is one finding. */
export function compare(feature: FeatureSchema, current: FeatureProfile, control: Control): Violation[] {
  const comparator = feature[control.role];
  if (comparator === undefined || Object.keys(comparator).length === 0) return [];
  const [mine, other] = control.role === 'drift' ? ['current', 'previous'] : ['training', 'serving'];
  if (control.profile === undefined || control.profile.present === 0)
    return [
      {
        kind: 'COMPARATOR_CONTROL_DATA_MISSING',
        short: `${other} data missing`,
        description: `The ${other} data has no values of this feature to compare with.`,
        expected: `values in the ${other} data`,
        observed: 'none',
      },
    ];
  const found: Violation[] = [];
  for (const each of DISTANCES) {
    const threshold = comparator[each.measure];
    const { distance, value } = each.between(feature, current, control.profile);
    if (threshold === undefined || distance === undefined || distance <= threshold) continue;
    const most = value === undefined ? '' : ` The value that differs most is ${quoted(value)}.`;
    found.push({
      kind: each.kind,
      short: `High ${each.name} between ${mine} and ${other}`,
      description: `The ${each.name} between ${mine} and ${other} data is ${amount(distance)}, above the threshold ${amount(threshold)}.${most}`,
      expected: `at most ${amount(threshold)}`,
      observed: amount(distance),
    });
  }
  return found;
}
