import type { Anomaly, ValidationReport } from '../anomaly.ts';
import {
  build,
  field,
  flag,
  message,
  messages,
  nested,
  scalar,
  scalars,
  stringField,
  text,
} from './message.ts';
import { parseTextProto, printTextProto, stringText, type TextMessage } from './text-proto.ts';

/** Kinds that TFDV's AnomalyInfo.Type has; varve's own are written as CUSTOM_VALIDATION. */
const tfdvKind =
  /^(BOOL|ENUM|FEATURE|FLOAT|INT|SCHEMA|COMPARATOR|DATASET|INVALID|SPARSE|WEIGHTED)_|^(NO_DATA_IN_SPAN|VALUE_NESTEDNESS_MISMATCH|DOMAIN_INVALID_FOR_TYPE|UNEXPECTED_DATA_TYPE|STATS_NOT_AVAILABLE|CUSTOM_VALIDATION)$/;

/** A report as TFDV's Anomalies message in text: one entry a feature, its anomalies as reasons. */
export function anomaliesToPbtxt(report: ValidationReport): string {
  const byFeature = new Map<string, Anomaly[]>();
  for (const anomaly of report.anomalies)
    byFeature.set(anomaly.feature, [...(byFeature.get(anomaly.feature) ?? []), anomaly]);
  const dataset = byFeature.get('') ?? [];
  const features = [...byFeature].filter(([feature]) => feature !== '').sort(([a], [b]) => (a < b ? -1 : 1));
  return printTextProto(
    build(
      dataset.some(({ kind }) => kind === 'NO_DATA_IN_SPAN') && field('data_missing', true),
      features.map(([feature, anomalies]) =>
        nested(
          'anomaly_info',
          build(
            stringField('key', pathOf(feature).join('.')),
            nested('value', infoOf(anomalies, pathOf(feature))),
          ),
        ),
      ),
      field('anomaly_name_format', 'SERIALIZED_PATH'),
      dataset.length > 0 && nested('dataset_anomaly_info', infoOf(dataset, [])),
    ),
  );
}

function pathOf(feature: string): string[] {
  return feature.split('.').filter((step) => step !== '[]');
}

function infoOf(anomalies: readonly Anomaly[], path: readonly string[]): TextMessage {
  const several = anomalies.length > 1;
  return build(
    stringField('description', anomalies.map(({ description }) => description).join(' ')),
    field('severity', anomalies.some(({ severity }) => severity === 'error') ? 'ERROR' : 'WARNING'),
    stringField('short_description', several ? 'Multiple errors' : anomalies[0]?.short),
    anomalies.map(({ kind, short, description }) =>
      nested(
        'reason',
        build(
          field('type', tfdvKind.test(kind) ? kind : 'CUSTOM_VALIDATION'),
          stringField('short_description', short),
          stringField('description', description),
        ),
      ),
    ),
    path.length > 0 && nested('path', build(path.map((step) => stringField('step', step)))),
  );
}

/** What TFDV found, one entry a reason; `feature` is empty for the dataset. */
export interface TfdvAnomaly {
  readonly feature: string;
  readonly kind: string;
  readonly severity: 'error' | 'warning';
  readonly short: string;
  readonly description: string;
}

/** @throws VarveError `tfdv-invalid` */
export function anomaliesFromPbtxt(pbtxt: string, where: string): TfdvAnomaly[] {
  const anomalies = parseTextProto(pbtxt, where);
  const dataset = messages(anomalies, 'dataset_anomaly_info').flatMap((info) => reasonsOf(info, ''));
  const features = messages(anomalies, 'anomaly_info').flatMap((entry) => {
    const info = message(entry, 'value');
    const steps = scalars(message(info, 'path'), 'step').map(stringText);
    return info === undefined
      ? []
      : reasonsOf(info, steps.length > 0 ? steps.join('.') : (text(entry, 'key') ?? ''));
  });
  const told = dataset.some(({ kind }) => kind === noData.kind);
  return [...(flag(anomalies, 'data_missing') === true && !told ? [noData] : []), ...dataset, ...features];
}

/** What TFDV says by a flag, in place of a reason. */
const noData: TfdvAnomaly = {
  feature: '',
  kind: 'NO_DATA_IN_SPAN',
  severity: 'error',
  short: 'No data',
  description: 'There are no rows.',
};

function reasonsOf(info: TextMessage, feature: string): TfdvAnomaly[] {
  const severity = scalar(info, 'severity') === 'WARNING' ? 'warning' : 'error';
  return messages(info, 'reason').map((reason) => ({
    feature,
    kind: scalar(reason, 'type') ?? 'UNKNOWN_TYPE',
    severity,
    short: text(reason, 'short_description') ?? '',
    description: text(reason, 'description') ?? '',
  }));
}
