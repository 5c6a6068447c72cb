import { counted, grouped, percent } from '../../wording/numbers.ts';
import { type Evidence, type Inferred, inferred, NOTHING } from './evidence.ts';

/** More classes than this are numbers to a reader, and have a range. */
const MAX_CLASSES = 10;

/** The fewest values from which numbers are taken for classes, and how often each class occurs at least. */
const MIN_VALUES = 30;
const MIN_CLASS_COUNT = 5;

/** Text of one value may have others in so many of its rows: a constant shows none of the rare values that it may have. */
const CONSTANT_LEEWAY = 0.005;

/** Where one value is rarer than this, a yet rarer one may be missing from the sample. */
const RARE_SHARE = 0.01;

/** A domain that so large a share of new data may miss says too little. */
const MAX_UNSEEN_SHARE = 0.05;

export interface DomainOptions {
  readonly maxSize: number;
  /** Takes every list of values that repeat, without asking whether it is complete. */
  readonly strict: boolean;
}

/**
 * The allowed values of text whose values repeat. The list is closed if the sample saw each value three times or more and
 * none is rare. Else it is open by the share of values that the sample has not met, of which Good and Turing's estimate is
 * f₁/n for f₁ values that occur once: three standard deviations of the difference of two samples above it, and three more.
 * Source: Good, "The population frequencies of species and the estimation of population parameters", Biometrika 40 (1953).
 */
export function textDomain(
  { values, types, count }: Pick<Evidence, 'values' | 'types' | 'count'>,
  options: DomainOptions,
): Inferred {
  if (values === undefined || [...types].join() !== 'string') return NOTHING;
  if (values.size === 0 || values.size > options.maxSize || values.size * 2 > count) return NOTHING;
  const domain = [...values.keys()].sort();
  const seen = `${counted(count, 'value')} are ${counted(values.size, 'different one')}`;
  if (options.strict) return inferred({ domain }, `domain: ${seen}`);
  const { once, twice } = rareValues(values);
  const rarest = Math.min(...values.values());
  if (once === 0 && twice === 0 && values.size > 1 && rarest >= RARE_SHARE * count)
    return inferred({ domain }, `domain: ${seen}, each at least ${grouped(rarest)} times`);
  const proven = (once + 3 * Math.sqrt(2 * once) + 3) / count;
  const unseen = values.size === 1 ? Math.max(proven, CONSTANT_LEEWAY) : proven;
  const rare =
    values.size === 1 ? 'which shows no other' : `${counted(once, 'value')} once and ${grouped(twice)} twice`;
  if (unseen > MAX_UNSEEN_SHARE)
    return inferred({}, `no domain: ${rare}, so others are likely in new data (Good and Turing)`);
  const minDomainMass = Math.floor((1 - unseen) * 1000) / 1000;
  return inferred(
    { domain, minDomainMass },
    `domain: ${seen}, ${rare}, so at most ${percent(unseen)} of new data are expected outside (Good and Turing)`,
  );
}

/** The numbers of values that occur once and twice, Chao's f₁ and f₂. */
function rareValues(values: ReadonlyMap<string, number>): { readonly once: number; readonly twice: number } {
  const counts = [...values.values()];
  return {
    once: counts.filter((count) => count === 1).length,
    twice: counts.filter((count) => count === 2).length,
  };
}

/** Labels and classes in whole numbers: 0 and 1, or a few values, each of them frequent. */
export function classes({ values, types, count }: Evidence): Inferred {
  const whole = [...types].join() === 'integer';
  if (values === undefined || count < MIN_VALUES || values.size < 2 || values.size > MAX_CLASSES)
    return NOTHING;
  if (!whole && ![...types].every((type) => type === 'float' || type === 'decimal')) return NOTHING;
  const counts = [...values].map(([value, times]) => [Number(value), times] as const);
  const least = Math.min(...values.values());
  if (least < MIN_CLASS_COUNT || count < values.size * 10) return NOTHING;
  const ordered = counts.sort((a, b) => a[0] - b[0]);
  const seen = `${counted(count, 'value')}, each of ${ordered.map(([value]) => value).join(', ')} at least ${grouped(least)} times`;
  if (values.size === 2 && ordered[0]![0] === 0 && ordered[1]![0] === 1)
    return inferred({ boolean: {} }, `boolean: ${seen}`);
  if (!whole || isYear(ordered[0]![0], ordered.at(-1)![0])) return NOTHING;
  if (values.size > 2 && (fadesOut(ordered) || fadesOut([...ordered].reverse()))) return NOTHING;
  return inferred({ domain: ordered.map(([value]) => String(value)), categorical: true }, `domain: ${seen}`);
}

/** True if the last counts fall so fast that a next class is likely just missing: it is a count, not a class. */
function fadesOut(ordered: readonly (readonly [number, number])[]): boolean {
  const [last, previous] = [ordered.at(-1)![1], ordered.at(-2)![1]];
  return last * Math.min(1, last / previous) < MIN_CLASS_COUNT;
}

/** True for whole numbers that read as years: the next ones come by themselves. */
export function isYear(min: number, max: number): boolean {
  return min >= 1500 && max <= 2200;
}
