import type { DriftReport, FeatureDrift } from '../../drift/model.ts';
import type { Anomaly, ValidationReport } from '../../schema/anomaly.ts';

/** A test of a dataset or of one of its columns: an element of the facet DataQualityAssertions 1-1-0. */
export interface LineageAssertion {
  readonly assertion: string;
  readonly success: boolean;
  readonly column?: string;
  readonly severity?: 'error' | 'warn';
  readonly description?: string;
  readonly expected?: string;
  readonly actual?: string;
}

/** What a validation found: `schema`, which is whether the whole of it holds, and each anomaly by TFDV's name. */
export function validationAssertions({
  schema,
  valid,
  anomalies,
}: ValidationReport): readonly LineageAssertion[] {
  const whole = { assertion: 'schema', success: valid, description: `The data is as ${schema} says.` };
  return [whole, ...anomalies.map(anomalyAssertion)];
}

function anomalyAssertion({
  table,
  feature,
  kind,
  severity,
  description,
  expected,
  observed,
}: Anomaly): LineageAssertion {
  return {
    assertion: kind.toLowerCase(),
    success: false,
    ...columnOf(table, feature),
    severity: severity === 'error' ? 'error' : 'warn',
    description,
    expected,
    actual: observed,
  };
}

/** What a comparison found: `drift`, which is whether there is none, and each feature that is told of. */
export function driftAssertions({ before, verdict, features }: DriftReport): readonly LineageAssertion[] {
  const description = `The distributions are those of ${before.name}.`;
  return [
    { assertion: 'drift', success: verdict !== 'drift', description },
    ...features.filter((feature) => feature.verdict !== 'none').map(featureAssertion),
  ];
}

function featureAssertion({ table, feature, verdict, reasons, measures }: FeatureDrift): LineageAssertion {
  const decisive = measures.find((measure) => measure.verdict === verdict);
  return {
    assertion: decisive === undefined ? 'drift' : `drift_${decisive.name.replaceAll('-', '_')}`,
    success: false,
    ...columnOf(table, feature),
    severity: verdict === 'drift' ? 'error' : 'warn',
    ...(reasons[0] !== undefined && { description: reasons[0] }),
    ...(decisive?.threshold !== undefined && { expected: `below ${decisive.threshold}` }),
    ...(decisive !== undefined && { actual: String(decisive.value) }),
  };
}

/** A finding of the whole table has no column. */
function columnOf(table: string, feature: string): Pick<LineageAssertion, 'column'> {
  if (feature === '') return {};
  return { column: table === '' ? feature : `${table}/${feature}` };
}
