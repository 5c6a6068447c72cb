/**
 * varve as a library: the operations that the command line calls, the comparisons beneath them for profiles in memory, and
 * the renderers of their results. Every error on purpose is a `VarveError`.
 */
export { compareProfiles } from './drift/compare.ts';
export type {
  DriftOptions,
  DriftReport,
  DriftSeries,
  FeatureDrift,
  Measure,
  Verdict,
} from './drift/model.ts';
export { VarveError } from './errors.ts';
export { add, addInPlace } from './operations/add.ts';
export type { AddInPlaceOptions, AddResult, DiffResult, StatusResult } from './operations/backend/results.ts';
export { type CheckResult, check } from './operations/check.ts';
export { checkout } from './operations/checkout.ts';
export type { Context, Watch } from './operations/context/context.ts';
export { openContext } from './operations/context/open.ts';
export { diff } from './operations/diff.ts';
export { type DriftOperationOptions, drift } from './operations/drift.ts';
export { driftHistory } from './operations/drift-history.ts';
export { driftStream, type StreamOptions } from './operations/drift-stream.ts';
export { fetch } from './operations/fetch.ts';
export { type InitResult, init } from './operations/init.ts';
export { log } from './operations/log.ts';
export { profile } from './operations/profile.ts';
export { pull } from './operations/pull.ts';
export { push } from './operations/push.ts';
export { schemaInfer } from './operations/schema-infer.ts';
export { schemaShow } from './operations/schema-show.ts';
export { schemaUpdate } from './operations/schema-update.ts';
export type { ProfiledDataset, ProfilingOptions } from './operations/statistics/load.ts';
export { profilerFor } from './operations/statistics/profile-on-add.ts';
export { status } from './operations/status.ts';
export { askedSettings, revokeTrust, type TrustResult, trust, trusted } from './operations/trust.ts';
export { type ValidateOptions, validate } from './operations/validate.ts';
export { decodeProfile, encodeProfile } from './profile/format/encode.ts';
export { mergeProfiles } from './profile/model/merge.ts';
export type { FeatureProfile, Profile, TableProfile } from './profile/model/model.ts';
export type { OnProgress, ProgressEvent } from './progress.ts';
export type { RenderOptions, ReportFormat } from './report/format.ts';
export { renderDrift, renderDriftSeries, renderProfile, renderValidation } from './report/render.ts';
export type { Anomaly, ValidationReport } from './schema/anomaly.ts';
export { parseSchema } from './schema/format/parse.ts';
export { stringifySchema } from './schema/format/stringify.ts';
export { inferSchema } from './schema/infer.ts';
export { anomaliesFromPbtxt, anomaliesToPbtxt, type TfdvAnomaly } from './schema/tfdv/anomalies.ts';
export { schemaFromPbtxt } from './schema/tfdv/schema-from.ts';
export { schemaToPbtxt } from './schema/tfdv/schema-to.ts';
export { readStatistics, type TfdvStatistics, writeStatistics } from './schema/tfdv/statistics-file.ts';
export { profileFromStatistics } from './schema/tfdv/statistics-from.ts';
export { statisticsToTfdv } from './schema/tfdv/statistics-to.ts';
export { validateProfile } from './schema/validate.ts';
