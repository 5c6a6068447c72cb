import type { Anomaly, ValidationReport } from '../anomaly.ts';
import {
  booleanOf,
  buildMessage,
  messageField,
  messageOf,
  messagesOf,
  scalarField,
  scalarOf,
  scalarsOf,
  stringField,
  stringOf,
} from './message.ts';
import { parseTextProto, printTextProto, stringText, type TextMessage } from './text-proto.ts';

/** Kinds that TFDV's AnomalyInfo.Type has; varve's own are written as CUSTOM_VALIDATION. */
const TFDV_KIND =
  /^(BOOL|ENUM|FEATURE|FLOAT|INT|SCHEMA|COMPARATOR|DATASET|INVALID|SPARSE|WEIGHTED)_|^(NO_DATA_IN_SPAN|VALUE_NESTEDNESS_MISMATCH|DOMAIN_INVALID_FOR_TYPE|UNEXPECTED_DATA_TYPE|STATS_NOT_AVAILABLE|CUSTOM_VALIDATION)$/;

/** A report as TFDV's Anomalies message in text: one entry a feature, its anomalies as reasons. */
export function anomaliesToPbtxt(report: ValidationReport): string {
  const byFeature = new Map<string, Anomaly[]>();
  for (const anomaly of report.anomalies)
    byFeature.set(anomaly.feature, [...(byFeature.get(anomaly.feature) ?? []), anomaly]);
  const dataset = byFeature.get('') ?? [];
  const features = [...byFeature].filter(([feature]) => feature !== '').sort(([a], [b]) => (a < b ? -1 : 1));
  return printTextProto(
    buildMessage(
      dataset.some(({ kind }) => kind === 'NO_DATA_IN_SPAN') && scalarField('data_missing', true),
      features.map(([feature, anomalies]) =>
        messageField(
          'anomaly_info',
          buildMessage(
            stringField('key', pathOf(feature).join('.')),
            messageField('value', infoOf(anomalies, pathOf(feature))),
          ),
        ),
      ),
      scalarField('anomaly_name_format', 'SERIALIZED_PATH'),
      dataset.length > 0 && messageField('dataset_anomaly_info', infoOf(dataset, [])),
    ),
  );
}

function pathOf(feature: string): string[] {
  return feature.split('.').filter((step) => step !== '[]');
}

function infoOf(anomalies: readonly Anomaly[], path: readonly string[]): TextMessage {
  const several = anomalies.length > 1;
  return buildMessage(
    stringField('description', anomalies.map(({ description }) => description).join(' ')),
    scalarField('severity', anomalies.some(({ severity }) => severity === 'error') ? 'ERROR' : 'WARNING'),
    stringField('short_description', several ? 'Multiple errors' : anomalies[0]?.short),
    anomalies.map(({ kind, short, description }) =>
      messageField(
        'reason',
        buildMessage(
          scalarField('type', TFDV_KIND.test(kind) ? kind : 'CUSTOM_VALIDATION'),
          stringField('short_description', short),
          stringField('description', description),
        ),
      ),
    ),
    path.length > 0 && messageField('path', buildMessage(path.map((step) => stringField('step', step)))),
  );
}

/** An anomaly that TFDV found, one entry a reason; `feature` is empty for the dataset. */
export interface TfdvAnomaly {
  readonly feature: string;
  readonly kind: string;
  readonly severity: 'error' | 'warning';
  readonly short: string;
  readonly description: string;
}

/**
 * Reads TFDV's Anomalies message in text: one entry a reason, those of the dataset first.
 * @param where names the text in messages
 * @throws VarveError `tfdv-invalid`
 */
export function anomaliesFromPbtxt(pbtxt: string, where: string): TfdvAnomaly[] {
  const anomalies = parseTextProto(pbtxt, where);
  const dataset = messagesOf(anomalies, 'dataset_anomaly_info').flatMap((info) => reasonsOf(info, ''));
  const features = messagesOf(anomalies, 'anomaly_info').flatMap((entry) => {
    const info = messageOf(entry, 'value');
    const steps = scalarsOf(messageOf(info, 'path'), 'step').map(stringText);
    return info === undefined
      ? []
      : reasonsOf(info, steps.length > 0 ? steps.join('.') : (stringOf(entry, 'key') ?? ''));
  });
  const told = dataset.some(({ kind }) => kind === NO_DATA.kind);
  return [
    ...(booleanOf(anomalies, 'data_missing') === true && !told ? [NO_DATA] : []),
    ...dataset,
    ...features,
  ];
}

/** The anomaly that TFDV states by a flag, in place of a reason. */
const NO_DATA: TfdvAnomaly = {
  feature: '',
  kind: 'NO_DATA_IN_SPAN',
  severity: 'error',
  short: 'No data',
  description: 'There are no rows.',
};

function reasonsOf(info: TextMessage, feature: string): TfdvAnomaly[] {
  const severity = scalarOf(info, 'severity') === 'WARNING' ? 'warning' : 'error';
  return messagesOf(info, 'reason').map((reason) => ({
    feature,
    kind: scalarOf(reason, 'type') ?? 'UNKNOWN_TYPE',
    severity,
    short: stringOf(reason, 'short_description') ?? '',
    description: stringOf(reason, 'description') ?? '',
  }));
}
