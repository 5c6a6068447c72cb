import type { DriftReport, StreamOffsets, Verdict } from '../../drift/model.ts';
import type { Profile } from '../../profile/model/model.ts';
import type { ValidationReport } from '../../schema/anomaly.ts';
import { neutral } from '../../wording/neutral.ts';
import { type Facts, factsOf } from '../facts.ts';
import { withoutRevision } from './findings.ts';

/** A metric with its samples; labels are raw. Sets of labels that came out equal are kept once (the formats forbid two). */
export interface Metric {
  readonly name: string;
  readonly help: string;
  /** What only ever grows is a counter, whose samples get the suffix `_total`. A gauge unless given. */
  readonly type?: 'counter';
  readonly samples: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

/**
 * Prometheus text exposition format 0.0.4, for node_exporter's textfile collector or a push gateway. No timestamps: the
 * scrape has its own. Metrics of one name are one group, as the format asks; those without samples are left out.
 * Source: https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function exposition(metrics: readonly Metric[]): string {
  return written(metrics, ({ name, type }) => (type === 'counter' ? `${name}_total` : name));
}

/**
 * OpenMetrics 1.0, whose families of counters have names without the suffix of their samples, and whose end is marked, so that a scrape that
 * was cut is known for one.
 * Source: https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md
 */
export function openMetrics(metrics: readonly Metric[]): string {
  return `${written(metrics, ({ name }) => name)}# EOF\n`;
}

function written(metrics: readonly Metric[], familyOf: (metric: Metric) => string): string {
  const groups = new Map<string, { head: string; lines: Map<string, number> }>();
  for (const metric of metrics) {
    const { name, help, type = 'gauge', samples } = metric;
    const family = familyOf(metric);
    const group = groups.get(name) ?? {
      head: `# HELP ${family} ${help}\n# TYPE ${family} ${type}\n`,
      lines: new Map(),
    };
    groups.set(name, group);
    for (const { labels, value } of samples) {
      const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
      const set = pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
      const series = `${name}${type === 'counter' ? '_total' : ''}${set}`;
      if (!group.lines.has(series)) group.lines.set(series, value);
    }
  }
  const filled = [...groups.values()].filter(({ lines }) => lines.size > 0);
  return filled
    .map(
      ({ head, lines }) =>
        head + [...lines].map(([series, value]) => `${series} ${numeral(value)}\n`).join(''),
    )
    .join('');
}

function escaped(text: string): string {
  // `neutral` leaves no line feed; its own backslashes are escaped with the data's.
  return neutral(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"');
}

function numeral(value: number): string {
  if (Number.isFinite(value) || Number.isNaN(value)) return String(value);
  return value > 0 ? '+Inf' : '-Inf';
}

const RANKS: Readonly<Record<Verdict, number>> = { none: 0, warning: 1, drift: 2 };

/** Series are named by the dataset without its revision, so that they go on when a new version is compared. */
export function driftMetrics(report: DriftReport): Metric[] {
  const dataset = withoutRevision(report.after.name);
  const ofFeatures = (value: (feature: DriftReport['features'][number]) => number): Metric['samples'] =>
    report.features.map((one) => ({
      labels: { dataset, table: one.table, feature: one.feature },
      value: value(one),
    }));
  const number = (verdict: Verdict): number =>
    report.features.filter((one) => one.verdict === verdict).length;
  return [
    {
      name: 'varve_drift_verdict',
      help: 'Strongest verdict of any feature: 0 none, 1 warning, 2 drift.',
      samples: [{ labels: { dataset }, value: RANKS[report.verdict] }],
    },
    {
      name: 'varve_drift_features',
      help: 'Features by verdict.',
      samples: (['none', 'warning', 'drift'] as const).map((verdict) => ({
        labels: { dataset, verdict },
        value: number(verdict),
      })),
    },
    {
      name: 'varve_drift_rows',
      help: 'Rows on each side of the comparison.',
      samples: (['before', 'after'] as const).map((side) => ({
        labels: { dataset, side },
        value: report[side].rows,
      })),
    },
    {
      name: 'varve_drift_feature_verdict',
      help: 'Verdict of a feature: 0 none, 1 warning, 2 drift.',
      samples: ofFeatures((feature) => RANKS[feature.verdict]),
    },
    {
      name: 'varve_drift_feature_strength',
      help: 'Decisive measure of a feature divided by its drift threshold: 1 is just drift, and what is no drift is below.',
      samples: ofFeatures((feature) => feature.strength),
    },
    ...measureGauges(report, dataset),
    ...streamGauges(report, dataset),
  ];
}

/** Of a window of a stream: what is in no window, and how far reading is behind. */
function streamGauges({ after: { stream } }: DriftReport, dataset: string): Metric[] {
  if (stream === undefined) return [];
  const { window, malformed, late, offsets = [] } = stream;
  const one = (value: number): Metric['samples'] => [{ labels: { dataset }, value }];
  const each = (value: (of: StreamOffsets) => number): Metric['samples'] =>
    offsets.map((of) => ({ labels: { dataset, partition: String(of.partition) }, value: value(of) }));
  return [
    { name: 'varve_stream_window', help: 'Number of the last window.', samples: one(window) },
    {
      name: 'varve_stream_malformed',
      help: 'Messages since the window before that could not be read.',
      samples: one(malformed),
    },
    {
      name: 'varve_stream_late',
      help: 'Rows since the window before whose window had been reported.',
      samples: one(late),
    },
    {
      name: 'varve_stream_lag',
      help: 'Messages of a partition that are not read yet.',
      samples: each(({ lag }) => lag),
    },
    {
      name: 'varve_stream_offset',
      help: 'Offset behind the last message of a partition that is in the window.',
      samples: each(({ until }) => until),
    },
  ];
}

function measureGauges(report: DriftReport, dataset: string): Metric[] {
  const each = (
    value: (measure: DriftReport['features'][number]['measures'][number]) => number | undefined,
  ) =>
    report.features.flatMap(({ table, feature, measures }) =>
      measures.flatMap((measure) => {
        const taken = value(measure);
        const labels = { dataset, table, feature, measure: measure.name };
        return taken === undefined ? [] : [{ labels, value: taken }];
      }),
    );
  return [
    {
      name: 'varve_drift_measure',
      help: 'Value of a measure of drift between the two sides.',
      samples: each((measure) => measure.value),
    },
    {
      name: 'varve_drift_measure_threshold',
      help: 'Value at and above which the measure speaks of drift.',
      samples: each((measure) => measure.threshold),
    },
  ];
}

export function validationMetrics(report: ValidationReport): Metric[] {
  const dataset = withoutRevision(report.dataset.name);
  const kinds = new Map<string, { labels: Record<string, string>; value: number }>();
  for (const { table, feature, kind, severity } of report.anomalies) {
    const labels = { dataset, table, feature, kind, severity };
    const sample = kinds.get(JSON.stringify(labels)) ?? { labels, value: 0 };
    sample.value += 1;
    kinds.set(JSON.stringify(labels), sample);
  }
  return [
    {
      name: 'varve_validation_valid',
      help: 'Whether the dataset fits its schema: 1 yes, 0 no.',
      samples: [{ labels: { dataset }, value: report.valid ? 1 : 0 }],
    },
    {
      name: 'varve_validation_rows',
      help: 'Rows that were validated.',
      samples: [{ labels: { dataset }, value: report.dataset.rows }],
    },
    {
      name: 'varve_validation_anomalies',
      help: 'Anomalies by severity.',
      samples: (['error', 'warning'] as const).map((severity) => ({
        labels: { dataset, severity },
        value: report.anomalies.filter((one) => one.severity === severity).length,
      })),
    },
    {
      name: 'varve_validation_unchecked',
      help: 'Checks that could not be made, so that the data may break them.',
      samples: [{ labels: { dataset }, value: report.unchecked ?? 0 }],
    },
    {
      name: 'varve_validation_anomaly',
      help: 'Anomalies of one kind in one feature.',
      samples: [...kinds.values()],
    },
  ];
}

/** Makes metrics of what a data set holds, so that its size, missing values and means can be watched over time. */
export function profileMetrics(profile: Profile, name: string): Metric[] {
  const dataset = withoutRevision(name);
  const features = profile.tables.flatMap((table) =>
    table.features.map((feature) => ({ table: table.name, facts: factsOf(feature, table) })),
  );
  const gauge = (suffix: string, help: string, value: (facts: Facts) => number | null): Metric => ({
    name: `varve_profile_${suffix}`,
    help,
    samples: features.flatMap(({ table, facts }) => {
      const taken = value(facts);
      return taken === null ? [] : [{ labels: { dataset, table, feature: facts.feature }, value: taken }];
    }),
  });
  return [
    {
      name: 'varve_profile_rows',
      help: 'Rows of a table.',
      samples: profile.tables.map((table) => ({ labels: { dataset, table: table.name }, value: table.rows })),
    },
    gauge('missing_ratio', 'Share of rows without the feature.', (facts) => facts.missing),
    gauge('distinct_values', 'Distinct values of a feature.', (facts) => facts.distinct),
    gauge('mean', 'Mean of the finite values of a feature.', (facts) => facts.mean),
    gauge('standard_deviation', 'Population standard deviation of a feature.', (facts) => facts.deviation),
  ];
}
