import type {
  DistributionOverTime,
  DriftReport,
  DriftSeries,
  FeatureDrift,
  Measure,
  Verdict,
} from '../../src/drift/model.ts';
import type { Anomaly, ValidationReport } from '../../src/schema/anomaly.ts';

/** A seeded stream of numbers in [0, 1): mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const words = [
  'dep',
  'arr',
  'sched',
  'delay',
  'time',
  'carrier',
  'origin',
  'dest',
  'hour',
  'flight',
  'tail',
  'month',
];

function normalised(weights: readonly number[]): number[] {
  const sum = weights.reduce((total, one) => total + one, 0);
  return weights.map((one) => (sum === 0 ? 0 : one / sum));
}

function bell(bins: number, centre: number, spread: number, noise: () => number): number[] {
  return normalised(
    Array.from(
      { length: bins },
      (_, bin) => Math.exp(-(((bin - centre) / spread) ** 2) / 2) * (0.85 + 0.3 * noise()),
    ),
  );
}

function drifted(place: number, strength: number, random: () => number): FeatureDrift {
  const verdict: Verdict = strength >= 1 ? 'drift' : strength >= 0.7 ? 'warning' : 'none';
  const feature = `${words[place % words.length]}_${words[(place * 5 + 3) % words.length]}${place < 12 ? '' : `_${place}`}`;
  const kind = (['numeric', 'categorical', 'time'] as const)[place % 3]!;
  const measures: Measure[] = [
    {
      name: 'jensen-shannon',
      value: strength * 0.1,
      expected: 0.004,
      threshold: 0.1,
      pValue: 1e-7,
      errorBound: 0.0008,
      verdict,
    },
    { name: 'null-share', value: 0.0123, threshold: 0.05, verdict: 'none' },
  ];
  const shift = Math.min(18, strength * 5);
  const bins = 40;
  const [before, after] =
    kind === 'categorical'
      ? [normalised([9, 7, 6, 4, 3, 2, 1, 3]), normalised([9 / (1 + shift), 7, 6, 4 + shift, 3, 2, 1, 3])]
      : [bell(bins, 14, 5, random), bell(bins, 14 + shift, 5 + shift / 6, random)];
  const start = Date.UTC(2013, 0, 1);
  return {
    table: '',
    feature,
    type: { numeric: 'float', categorical: 'string', time: 'timestamp' }[kind],
    verdict,
    strength,
    reasons:
      verdict === 'none' ? [] : ['mean rose from 12.6 to 18.1 (+0.4 sd)', 'nulls rose from 0.4 % to 2.5 %'],
    measures,
    distribution:
      kind === 'categorical'
        ? {
            kind,
            labels: ['AA', 'United Air Lines Incorporated', 'DL', 'B6', 'EV', '', '日本航空', null],
            before,
            after,
          }
        : {
            kind,
            edges: Array.from({ length: bins + 1 }, (_, at) =>
              kind === 'time' ? start + at * 864e5 * 4.5 : -60 + at * 12.5,
            ),
            before,
            after,
          },
  };
}

/** A report of `features` features, strongest first, about a sixth of them drifted. Equal calls give equal reports. */
export function syntheticDrift(features: number, seed = 1): DriftReport {
  const random = seeded(seed);
  const strengths = Array.from({ length: features }, () => 12 * random() ** 6).sort((a, b) => b - a);
  const all = strengths.map((strength, place) => drifted(place, strength, random));
  const drift = all.filter((one) => one.verdict === 'drift');
  return {
    varveDrift: 1,
    before: { name: 'data/flights.csv@HEAD~1', digest: `sha256:${'ab'.repeat(32)}`, rows: 166_158 },
    after: { name: 'data/flights.csv', digest: `sha256:${'cd'.repeat(32)}`, rows: 170_618 },
    verdict: drift.length > 0 ? 'drift' : 'none',
    summary: `${drift.length} of ${features} features drifted: ${drift
      .slice(0, 4)
      .map((one) => one.feature)
      .join(', ')}`,
    features: all,
    added: [{ table: '', feature: 'gate', type: 'string' }],
    removed: [{ table: '', feature: 'seat_map', type: 'string' }],
  };
}

export const anomalies: readonly Anomaly[] = [
  {
    table: '',
    feature: 'carrier',
    kind: 'ENUM_TYPE_UNEXPECTED_STRING_VALUES',
    severity: 'error',
    short: 'Unexpected string values',
    description: 'Examples contain values missing from the schema: ZZ (0.4 %), XQ (0.1 %).',
    expected: 'one of AA, DL, UA, … (16 values)',
    observed: 'ZZ in 1,203 rows, XQ in 310 rows',
    examples: [
      { row: 17, value: 'ZZ' },
      { row: 1203, value: 'XQ' },
    ],
  },
  {
    table: '',
    feature: 'dep_delay',
    kind: 'FLOAT_TYPE_HAS_NAN',
    severity: 'error',
    short: 'NaN values',
    description: 'The feature has NaN values, which its schema disallows.',
    expected: 'no NaN',
    observed: '12 NaN',
  },
  {
    table: '',
    feature: '',
    kind: 'DATASET_LOW_NUM_EXAMPLES',
    severity: 'warning',
    short: 'Few examples',
    description: 'The dataset has fewer rows than its schema asks for.',
    expected: 'at least 100,000 rows',
    observed: '50,000 rows',
  },
];

export function syntheticValidation(found: readonly Anomaly[] = anomalies): ValidationReport {
  return {
    varveValidation: 1,
    dataset: { name: 'data/flights.csv', digest: `sha256:${'ab'.repeat(32)}`, rows: 50_000 },
    schema: 'data/flights.csv.schema.yaml',
    valid: !found.some((one) => one.severity === 'error'),
    anomalies: found,
  };
}

function overTimeOf(type: string, versions: number, isLate: boolean): DistributionOverTime {
  const all = Array.from({ length: versions }, (_, at) => at);
  const unless = <T>(at: number, of: T): T | null => (isLate && at === 0 ? null : of);
  if (type === 'string')
    return {
      kind: 'categorical',
      labels: ['AA', 'مطار', null],
      shares: all.map((at) => unless(at, [0.5, 0.3, 0.2])),
    };
  const levels = [0.05, 0.25, 0.5, 0.75, 0.95];
  const quantiles = all.map((at) => unless(at, [-20, -5, 0, 10 + at, 100 * at]));
  return { kind: 'numeric', levels, quantiles };
}

/** A history in which every feature moves more and more, but for the first, which the oldest versions lack. */
export function syntheticSeries(features: number, versions: number): DriftSeries {
  const reports = Array.from({ length: versions - 1 }, () => syntheticDrift(features));
  return {
    varveDriftSeries: 1,
    versions: Array.from({ length: versions }, (_, at) => ({
      name: `data/flights.csv@${String(at).repeat(12)}`,
      digest: `sha256:${'ab'.repeat(32)}`,
      rows: 50_000 + at,
      date: `2013-0${at + 1}-01T00:00:00Z`,
    })),
    steps: reports.map(({ verdict, summary }) => ({ verdict, summary })),
    features: reports[0]!.features.map(({ table, feature, type, verdict, strength, reasons }, place) => ({
      table,
      feature,
      type,
      steps: reports.map((_, step) =>
        place === 0 && step === 0
          ? null
          : { verdict, strength: (strength * (step + 1)) / reports.length, reasons },
      ),
      overTime: overTimeOf(type, versions, place === 0),
    })),
  };
}

/** Text that tries to act in every format at once. */
export const hostile =
  '</script><img src=x onerror=alert(1)>"\'`|[x](javascript:alert(1)) @team #1 https://evil.example :tada: ]]> %0A::error::\u001b]0;owned\u0007\u001b[31m\r\n::error::pwned\u202Egpj.exe\u0000\ud800 $ {{ secrets.X }} & &lt; ##[error]x';

const fixed = new Set(['verdict', 'severity', 'digest', 'sum', 'sumOfSquares', 'hashes']);
const fixedKinds = new Set(['numeric', 'time', 'categorical']);

/** Every string of a report spoilt, by hostile text added to it unless told how, except where the contract leaves no choice. */
export function poisoned<T>(report: T, spoilt = (value: string): string => value + hostile): T {
  const walk = (value: unknown, key: string): unknown => {
    if (typeof value === 'string') return fixed.has(key) || fixedKinds.has(value) ? value : spoilt(value);
    if (Array.isArray(value)) return value.map((one) => walk(one, key));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, walk(inner, name)]));
  };
  return walk(report, '') as T;
}
