/**
 * varve as a library. `openRepository` gives all that the command line can do in a repository, `openFolder` what needs none; beside
 * them stand the comparisons and formats beneath, for profiles in memory, and the renderers of results. Every error on purpose is a
 * `VarveError`, whose `code` is one of `ERROR_CODES`. Nothing is changed in the process that loads it.
 */
export { compareProfiles } from './drift/compare.ts';
export type {
  Distribution,
  DistributionOverTime,
  DriftOptions as CompareOptions,
  DriftReport,
  DriftSeries,
  FeatureDrift,
  FeatureRef,
  Measure,
  MeasureName,
  Side,
  StreamOffsets,
  StreamWindow,
  TfdvThresholds,
  Thresholds,
  Verdict,
} from './drift/model.ts';
export { ERROR_CODES, type ErrorCode } from './error-codes.ts';
export { VarveError } from './errors.ts';
export { DataFolder } from './library/folder.ts';
export type { GitMethods } from './library/git.ts';
export { initRepository, openFolder, openRepository } from './library/open.ts';
export type * from './library/options.ts';
export type { RemoteMethods } from './library/remotes.ts';
export { VarveRepository } from './library/repository.ts';
export type { SchemaMethods } from './library/schema.ts';
export {
  addAccessKey,
  listAccessKeys,
  removeAccessKey,
  type ServeOptions,
  serve,
} from './library/serve.ts';
export type { TrustMethods } from './library/trust.ts';
export type { InPlaceProfiling, InPlaceStatistics } from './operations/add.ts';
export type * from './operations/backend/results.ts';
export type { ContentKey, HistoryEntry, VersionFacts } from './operations/backend/version.ts';
export type { CheckedDataset, CheckFailure, CheckOptions, CheckResult } from './operations/check.ts';
export type { Watch } from './operations/context/context.ts';
export type { DatasetChange } from './operations/datasets/differences.ts';
export type { DescribeAsOptions } from './operations/describe.ts';
export type { DriftOperationOptions as DriftOptions } from './operations/drift.ts';
export type { TopicOptions } from './operations/drift-topic.ts';
export type { ExportTableOptions } from './operations/export-table.ts';
export type { GetOptions, GetResult, SourceOptions } from './operations/get.ts';
export type { ImportOptions, UpdatedDataset, UpdateOptions, UpdateResult } from './operations/import.ts';
export type { ReferenceOptions } from './operations/inference/reference.ts';
export type { InitResult } from './operations/init.ts';
export type { ListedDataset, ListedFile, ListOptions, ListResult } from './operations/list.ts';
export type { LocatedFile, LocateOptions, LocateResult } from './operations/locate.ts';
export type { LockedCheckout } from './operations/lock.ts';
export type { LoggedVersion, LogResult } from './operations/log.ts';
export type { MetaResult } from './operations/meta.ts';
export type { MergedProfile, MergeOptions } from './operations/profile-merge.ts';
export type { PartNumber, ProfilePartOptions } from './operations/profile-part.ts';
export type { PushResult } from './operations/push.ts';
export type { SchemaFormat, SchemaInferOptions, SchemaInferResult } from './operations/schema-infer.ts';
export type { SchemaShowResult, ShownSchemaFormat } from './operations/schema-show.ts';
export type { SchemaUpdateChoice, SchemaUpdateResult } from './operations/schema-update.ts';
export type { ProfiledDataset } from './operations/statistics/load.ts';
export type {
  ClusterEngine,
  ComputingOptions,
  ProfilingEngine,
  ProfilingOptions,
} from './operations/statistics/profiling-options.ts';
export type { StreamOptions } from './operations/stream/window-options.ts';
export type { ExportedVersion, ExportTableResult, SkippedVersion } from './operations/tables/exporter.ts';
export type { AskedSetting, TrustResult } from './operations/trust.ts';
export type { ValidateOptions } from './operations/validate.ts';
export type { FoundCommit, FoundDigest, WhichOptions, WhichResult } from './operations/which.ts';
export type { FooterDifference } from './profile/footers/compare.ts';
export type { FooterColumn, FooterStatistics, FooterTable, KnownBy } from './profile/footers/model.ts';
export { decodeProfile, encodeProfile } from './profile/format/encode.ts';
export { mergeProfiles } from './profile/model/merge.ts';
export type * from './profile/model/model.ts';
export type { OnProgress, ProgressEvent } from './progress.ts';
export { renderCheck } from './report/check.ts';
export type { CheckedDatasets, DatasetReport } from './report/checked.ts';
export { FORMATS as REPORT_FORMATS, type RenderOptions, type ReportFormat } from './report/format.ts';
export { renderDrift, renderDriftSeries, renderProfile, renderValidation } from './report/render.ts';
export type {
  DescribedCommit,
  DescribedFeature,
  DescribedTable,
  Description,
} from './report/standards/description.ts';
export { DESCRIPTION_FORMATS, type DescriptionFormat } from './report/standards/formats.ts';
export {
  ADDRESS_FORMATS,
  type AddressedFile,
  type AddressFormat,
  renderAddresses,
} from './report/standards/input-files.ts';
export type { Anomaly, ExampleRow, ValidationReport } from './schema/anomaly.ts';
export { parseSchema } from './schema/format/parse.ts';
export { stringifySchema } from './schema/format/stringify.ts';
export { type InferOptions, inferSchema } from './schema/infer.ts';
export type {
  Bounds,
  Comparator,
  DriftSettings,
  Expectation,
  FeatureSchema,
  Presence,
  Range,
  Schema,
  TableSchema,
} from './schema/model.ts';
export type { RowAnswer, RowChecker, RowQuery, Unanswered } from './schema/row-checker.ts';
export { anomaliesFromPbtxt, anomaliesToPbtxt, type TfdvAnomaly } from './schema/tfdv/anomalies.ts';
export { schemaFromPbtxt } from './schema/tfdv/schema-from.ts';
export { schemaToPbtxt } from './schema/tfdv/schema-to.ts';
export { readStatistics, type TfdvStatistics, writeStatistics } from './schema/tfdv/statistics-file.ts';
export { profileFromStatistics } from './schema/tfdv/statistics-from.ts';
export { statisticsToTfdv } from './schema/tfdv/statistics-to.ts';
export type { TextField, TextMessage } from './schema/tfdv/text-proto.ts';
export type { SchemaChange } from './schema/update.ts';
export { type ProfileValidationOptions, validateProfile } from './schema/validate.ts';
export type { AccessKey, NewAccessKey } from './server/access/access-keys.ts';
export type { LogLevel } from './server/log.ts';
export type { ObserveOptions } from './server/observe/observed-datasets.ts';
export type { RunningServer, ServerSettings } from './server/server.ts';
export type { Digest } from './store/format/digest.ts';
export type { Collected, ExpiredClone } from './store/gc/collect.ts';
export type { Evicted } from './store/gc/evict.ts';
export type { PurgedFromStore, SharingVersion } from './store/gc/purge.ts';
export type { RootsUsage, StoredAmount } from './store/gc/usage.ts';
export type { Damage, StoreCheck, TouchedVersion } from './store/repair/verify.ts';
export { TABLE_FORMATS, type TableFormat } from './tables/format.ts';
export type { Access, RemoteConfig } from './workspace/config.ts';
export type { DatabaseOrigin, FileColumn, Incremental } from './workspace/database-origin.ts';
export type { Imported } from './workspace/imported.ts';
export { formatLock, type Lock, type LockedDataset } from './workspace/lock.ts';
export type { Meta } from './workspace/meta.ts';
export type { Pointer } from './workspace/pointer.ts';
export type { TableOrigin } from './workspace/table-origin.ts';
export type { PartitionOffsets, TopicOrigin } from './workspace/topic-origin.ts';
export type { FileChange } from './workspace/tree/data-state.ts';
export type { Consent } from './workspace/trust/consent.ts';
export type { Agreed, Fact, TrustRequest } from './workspace/trust/request.ts';
