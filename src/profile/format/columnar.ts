import type {
  Bucket,
  FeatureProfile,
  FeatureType,
  LengthStats,
  NumericStats,
  Profile,
  TableProfile,
  ThetaSketch,
  TimeStats,
  ValueCounts,
} from '../model/model.ts';
import { profileOf } from '../model/tables.ts';
import { cutValues, isCut } from '../model/value-counts.ts';

/**
 * The profile as it is stored: the pairs of a list side by side in one, `[index, count, index, count, …]`, and values apart from
 * their counts; of a sketch the length in bytes, since its hashes lie elsewhere. That is read several times faster, and what nobody
 * asks for is never put together.
 */
export type StoredProfile = Omit<Profile, 'tables'> & {
  readonly tables: readonly (Omit<TableProfile, 'features'> & {
    readonly features: readonly StoredFeature[];
  })[];
};

type Flat = readonly number[];
type StoredLengths = Omit<LengthStats, 'buckets'> & { readonly buckets: Flat };
type StoredNumeric = Omit<NumericStats, 'negative' | 'positive'> & {
  readonly negative: Flat;
  readonly positive: Flat;
};
type StoredTime = Omit<TimeStats, 'days'> & { readonly days: Flat };
type StoredValues = Omit<ValueCounts, 'values' | 'cut'> & {
  readonly values: readonly string[];
  readonly counts: Flat;
};
/** The hashes' length in bytes; null where they are those of the listed values. */
type StoredSketch = Omit<ThetaSketch, 'hashes'> & { readonly hashes: number | null };

type StoredFeature = Omit<
  FeatureProfile,
  'valency' | 'numeric' | 'time' | 'lengths' | 'values' | 'distinct'
> & {
  readonly valency?: StoredLengths;
  readonly numeric?: StoredNumeric;
  readonly time?: StoredTime;
  readonly lengths?: StoredLengths;
  readonly values: StoredValues;
  readonly distinct: StoredSketch;
};

/** @param keep takes the hashes of each feature in turn, and gives their length in bytes, or null where they are not stored */
export function toStored(profile: Profile, keep: (feature: FeatureProfile) => number | null): StoredProfile {
  const lengths = (stats: LengthStats): StoredLengths => ({ ...stats, buckets: stats.buckets.flat() });
  const feature = (of: FeatureProfile): StoredFeature => {
    const { valency, numeric, time, lengths: ofTexts, values, distinct, ...rest } = of;
    const { cut: _, ...counted } = values;
    return {
      ...rest,
      ...(valency && { valency: lengths(valency) }),
      ...(numeric && {
        numeric: { ...numeric, negative: numeric.negative.flat(), positive: numeric.positive.flat() },
      }),
      ...(time && { time: { ...time, days: time.days.flat() } }),
      ...(ofTexts && { lengths: lengths(ofTexts) }),
      values: {
        ...counted,
        values: counted.values.map(([value]) => value),
        counts: counted.values.map(([, count]) => count),
      },
      distinct: { ...distinct, hashes: keep(of) },
    };
  };
  const { tables, varveProfile } = profileOf(profile.tables);
  return {
    varveProfile,
    tables: tables.map((table) => ({ ...table, features: table.features.map(feature) })),
  };
}

/**
 * Lists are put together each time they are asked for: most are asked for once, and garbage that dies young costs nothing.
 * @param open is given the length of each sketch in turn, and gives what later gives its hashes; null where they follow from `values`
 */
export function fromStored(
  stored: StoredProfile,
  open: (bytes: number | null, type: FeatureType, values: () => ValueCounts['values']) => () => string,
): Profile {
  const feature = (of: StoredFeature): FeatureProfile => {
    const { valency, numeric, time, lengths, values, distinct, ...rest } = of;
    const opened = openValues(stored.varveProfile === 1 ? withoutCut(values) : values);
    return {
      ...rest,
      ...(valency && { valency: openLengths(valency) }),
      ...(numeric && { numeric: openNumeric(numeric) }),
      ...(time && { time: openTime(time) }),
      ...(lengths && { lengths: openLengths(lengths) }),
      values: opened,
      distinct: openSketch(
        distinct,
        open(distinct.hashes, of.type, () => opened.values),
      ),
    };
  };
  return {
    ...stored,
    tables: stored.tables.map((table) => ({ ...table, features: table.features.map(feature) })),
  };
}

function openLengths({ buckets, ...rest }: StoredLengths): LengthStats {
  return {
    ...rest,
    get buckets() {
      return pairsOf(buckets);
    },
  };
}

function openNumeric({ negative, positive, ...rest }: StoredNumeric): NumericStats {
  return {
    ...rest,
    get negative() {
      return pairsOf(negative);
    },
    get positive() {
      return pairsOf(positive);
    },
  };
}

function openTime({ days, ...rest }: StoredTime): TimeStats {
  return {
    ...rest,
    get days() {
      return pairsOf(days);
    },
  };
}

/**
 * What format 1 knew of values. It cut them before it counted them, so one that is cut stands for any number of values that begin
 * alike: none of them occurs more often, and no more is known.
 */
function withoutCut(stored: StoredValues): StoredValues {
  const whole = [...stored.values.keys()].filter((at) => !isCut(stored.values[at]!));
  if (whole.length === stored.values.length) return stored;
  const of = <T>(list: readonly T[]) => whole.map((at) => list[at]!);
  const most = stored.counts.reduce(
    (most, count, at) => (isCut(stored.values[at]!) ? Math.max(most, count) : most),
    0,
  );
  const bound = Math.max(stored.bound, most);
  return { exact: false, values: of(stored.values), counts: of(stored.counts), bound };
}

function openValues({ values, counts, ...rest }: StoredValues): ValueCounts {
  return {
    ...rest,
    ...cutValues(values),
    get values() {
      return values.map((value, at): readonly [string, number] => [value, counts[at]!]);
    },
  };
}

function openSketch({ k, theta }: StoredSketch, hashes: () => string): ThetaSketch {
  return {
    k,
    theta,
    get hashes() {
      return hashes();
    },
  };
}

function pairsOf(flat: Flat): Bucket[] {
  const pairs: Bucket[] = [];
  for (let at = 0; at < flat.length; at += 2) pairs.push([flat[at]!, flat[at + 1]!]);
  return pairs;
}
