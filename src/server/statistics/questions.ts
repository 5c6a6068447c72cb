import type { ComparedStep } from '../../drift/history.ts';
import type { DriftOptions, FeatureRef } from '../../drift/model.ts';
import type { ReportText } from '../../report/html/site.ts';
import type { Schema } from '../../schema/model.ts';
import type { Digest } from '../../store/format/digest.ts';

type DriftSettings = Omit<DriftOptions, 'names' | 'digests'>;

/** A version whose profile a report is of. */
export interface ReportedVersion {
  readonly name: string;
  /** Of its data. */
  readonly digest: string;
  /** ISO 8601. */
  readonly date?: string;
}

/** A feature as a search finds it. */
export interface NamedFeature {
  readonly table: string;
  readonly feature: string;
  readonly type: string;
}

/** What can be asked of profiles, and what is answered: by kind. */
export interface Tasks {
  /** The features of one profile. */
  names: { readonly task: object; readonly answer: readonly NamedFeature[] };
  /** What changed from the first profile to the second. */
  step: { readonly task: { readonly settings: DriftSettings }; readonly answer: ComparedStep };
  /** The report of one profile. */
  profile: { readonly task: { readonly name: string }; readonly answer: ReportText };
  /** The report of what footers say, or a table, in place of a profile. */
  footers: { readonly task: { readonly name: string }; readonly answer: ReportText };
  /** The report of what changed from the first profile to the second. */
  drift: {
    readonly task: {
      readonly versions: readonly [ReportedVersion, ReportedVersion];
      readonly settings: DriftSettings;
    };
    readonly answer: ReportText;
  };
  /** The report of the first profile against a schema; the second, if there is one, is of the version before. */
  validation: {
    readonly task: {
      readonly version: ReportedVersion;
      readonly schema: Schema;
      readonly schemaName: string;
      readonly environment?: string;
    };
    readonly answer: ReportText;
  };
  /** The report of profiles in the order of their versions, oldest first, that were compared one by one. */
  history: {
    readonly task: {
      readonly versions: readonly ReportedVersion[];
      readonly steps: readonly ComparedStep[];
      /** The features to show; all unless given. */
      readonly chosen: Partial<Pick<FeatureRef, 'feature' | 'table'>>;
    };
    readonly answer: { readonly report: ReportText; readonly features: readonly FeatureRef[] };
  };
}

export type TaskKind = keyof Tasks;
export type Task<K extends TaskKind = TaskKind> = K extends TaskKind
  ? { readonly kind: K } & Tasks[K]['task']
  : never;

/** A profile by its digest, with its stored bytes where the thread does not know it yet. */
export interface GivenProfile {
  readonly digest: Digest;
  readonly bytes?: Uint8Array;
}

export interface StatisticsQuestion {
  readonly profiles: readonly GivenProfile[];
  readonly task: Task;
}

/** An answer, or the profiles whose bytes it takes. */
export type StatisticsAnswer =
  | { readonly done: Tasks[TaskKind]['answer'] }
  | { readonly missing: readonly Digest[] };
