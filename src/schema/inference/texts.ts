import { bucketLow } from '../../profile/accumulators/buckets.ts';
import type { LengthStats } from '../../profile/model/model.ts';
import { counted } from '../../wording/numbers.ts';
import type { Bin } from '../distances.ts';
import type { Bounds } from '../model.ts';
import { repeats } from '../rules/uniqueness.ts';
import { type Evidence, type Inferred, inferred, NOTHING } from './evidence.ts';
import { reachOf, upperTail } from './tails.ts';

/** The number of values from which the lengths of text are taken for a rule. */
const MIN_VALUES = 30;

/** The number of values from which codes without a repetition are taken for unique. */
const MIN_UNIQUE = 100;

/** How many values of a length beyond the greatest one another sample is expected to have, at most. */
const MAX_BEYOND = 0.001;

/** The lengths of text: the one that all have, else up to what the tail of lengths lets expect. */
export function textLengths({ profiles, types, count }: Evidence, strict: boolean): Inferred {
  const lengths = profiles.map((profile) => profile.lengths).filter((each) => each !== undefined);
  if (lengths.length < profiles.length || types.size > 1 || count < MIN_VALUES) return NOTHING;
  const min = Math.min(...lengths.map((each) => each.min));
  const max = Math.max(...lengths.map((each) => each.max));
  const bounds = { ...(min > 0 && { min: strict ? min : 1 }), max };
  if (min === max)
    return inferred({ length: { min, max } }, `length: that of all ${counted(count, 'value')}`);
  if (strict) return inferred({ length: { min, max } }, 'length: the shortest and the longest value');
  const tail = upperTail(lengths.flatMap(lengthCells).sort((a, b) => a.low - b.low));
  const reach = tail === undefined ? max : Math.max(max, Math.ceil(reachOf(tail, MAX_BEYOND)));
  const length: Bounds = { ...bounds, max: atLeast(reach) };
  return inferred(
    { length },
    `length: up to ${max} in the sample, and what its tail lets expect (generalized Pareto)`,
  );
}

function lengthCells({ zeros, buckets, max }: LengthStats): Bin[] {
  const cells = buckets.map(([index, count]) => {
    const low = Math.ceil(bucketLow(index));
    return { low, high: Math.min(max, Math.max(low, Math.ceil(bucketLow(index + 1)) - 1)), count };
  });
  return zeros > 0 ? [{ low: 0, high: 0, count: zeros }, ...cells] : cells;
}

/** Rounds up to one or two digits, so that it reads as a limit. */
function atLeast(length: number): number {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(length)) - 1);
  return Math.ceil(length / step) * step;
}

/** Codes that no two rows share: one word each, most with a digit or all of one length. Names may well meet again. */
export function uniqueCodes({ profiles, types, count }: Evidence): boolean {
  const [profile] = profiles;
  if (profiles.length > 1 || profile === undefined || [...types].join() !== 'string' || count < MIN_UNIQUE)
    return false;
  const texts = profile.values.values.map(([value]) => value);
  const digits = texts.filter((text) => /\d/.test(text)).length;
  const alike = profile.lengths?.min === profile.lengths?.max;
  return (
    texts.every((text) => /^\S+$/.test(text)) &&
    (alike || digits >= texts.length * 0.8) &&
    repeats(profile).answer === 'none'
  );
}
