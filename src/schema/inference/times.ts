import type { FeatureProfile } from '../../profile/model/model.ts';
import { repeats } from '../rules/uniqueness.ts';
import { instant } from '../time.ts';
import { type Evidence, type Inferred, inferred, NOTHING } from './evidence.ts';

/** The number of values from which times are taken for a rule. */
const MIN_VALUES = 30;

const NANOSECONDS_A_YEAR = 365.25 * 86_400 * 1e9;

/** Time goes on: so many years at each end, or a quarter of the period, if that is more. */
const YEARS_AHEAD = 10;

/** So many repetitions expected of times drawn at random, and none seen, show that no time occurs twice. */
const PROOF = 10;

/** The period of dates and timestamps with room at both ends, which still tells a wrong century or epoch. */
export function timeRange({ profiles, types, count }: Evidence, strict: boolean): Inferred {
  const times = profiles.map(({ time }) => time).filter((each) => each !== undefined);
  const min = times.flatMap((time) => time.min ?? []).sort(byInstant)[0];
  const max = times
    .flatMap((time) => time.max ?? [])
    .sort(byInstant)
    .at(-1);
  const [from, to] = [instant(min ?? ''), instant(max ?? '')];
  if (times.length < profiles.length || types.has('time') || from === undefined || to === undefined)
    return NOTHING;
  if (strict) return inferred({ range: { min: min!, max: max! } }, 'range: the earliest and the latest time');
  if (count < MIN_VALUES) return NOTHING;
  const ahead = Math.max(YEARS_AHEAD, Math.ceil(Number(to - from) / NANOSECONDS_A_YEAR / 4));
  const [first, last] = [Number(min!.slice(0, 4)) - ahead, Number(max!.slice(0, 4)) + ahead];
  if (!/^\d{4}-/.test(min!) || !/^\d{4}-/.test(max!) || first < 1 || last > 9999) return NOTHING;
  const range = { min: `${year(first)}-01-01`, max: `${year(last)}-12-31` };
  return inferred({ range }, `range: from ${min} to ${max}, and ${ahead} years more at each end`);
}

function byInstant(a: string, b: string): number {
  const difference = (instant(a) ?? 0n) - (instant(b) ?? 0n);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

function year(number: number): string {
  return String(number).padStart(4, '0');
}

/** A series: one row a day, hour, minute or second, so dense that times drawn at random would have repeated some. */
export function uniqueTimes({ profiles, types, count }: Evidence): boolean {
  const [profile] = profiles;
  if (profiles.length > 1 || profile?.time === undefined || types.has('time') || count < MIN_VALUES)
    return false;
  const [from, to] = [instant(profile.time.min ?? ''), instant(profile.time.max ?? '')];
  if (from === undefined || to === undefined || repeats(profile).answer !== 'none') return false;
  return count ** 2 > 2 * PROOF * (Number(to - from) / stepOf(profile) + 1);
}

/** Nanoseconds of the longest step of which all listed times are multiples. */
function stepOf({ values }: FeatureProfile): number {
  const times = values.values.map(([value]) => instant(value) ?? 1n);
  const steps = [86_400_000_000_000n, 3_600_000_000_000n, 60_000_000_000n, 1_000_000_000n];
  return Number(steps.find((step) => times.every((time) => time % step === 0n)) ?? 1n);
}
