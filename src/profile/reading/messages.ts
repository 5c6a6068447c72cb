import type {
  KeysWritten,
  RowGroup,
  RowOptions,
  RowsAnswer,
  RowsHead,
  RowsShape,
} from '../../engine/check-rows.ts';
import type { EngineOptions } from '../../engine/duckdb.ts';
import type { KeysAsked } from '../../engine/row-keys.ts';
import type { BytesBetween } from '../../engine/source-file.ts';
import { type ErrorCode, VarveError } from '../../errors.ts';
import type { ProgressEvent } from '../../progress.ts';
import type { ImageHeader } from '../dataset/image-header.ts';
import type { PartitionOptions, PartitionRows } from '../dataset/partition-features.ts';
import type { DataFile, ProfileOptions, TableFile } from '../dataset/profile-files.ts';

/** Options as they cross to another process: whoever asks keeps the signal and the progress. */
type Crossing<T> = Omit<T, 'signal' | 'onProgress'>;

/** The rows of one table, as the reading process opens them. */
export type RowsRequest =
  | { readonly groups: readonly RowGroup[]; readonly options: Crossing<RowOptions> }
  | { readonly files: readonly DataFile[]; readonly options: Crossing<EngineOptions> };

/** What is asked of the reading process, one thing at a time, and what it answers. Profiles cross in their canonical form. */
export interface Jobs {
  readonly profile: {
    readonly asked: { readonly files: readonly TableFile[]; readonly options: Crossing<ProfileOptions> };
    readonly answer: Uint8Array;
  };
  /** Small files, each a table of its own. */
  readonly each: {
    readonly asked: { readonly files: readonly TableFile[]; readonly options: Crossing<EngineOptions> };
    readonly answer: readonly (Uint8Array | ReadFailure)[];
  };
  readonly partition: {
    readonly asked: {
      readonly name: string;
      readonly rows: PartitionRows;
      readonly options: Crossing<PartitionOptions>;
    };
    readonly answer: Uint8Array;
  };
  readonly images: {
    readonly asked: { readonly files: readonly TableFile[] };
    readonly answer: readonly (ImageHeader | undefined)[];
  };
  readonly ranges: {
    readonly asked: { readonly file: TableFile };
    readonly answer: readonly BytesBetween[];
  };
  /** Opens the rows that later questions are about, in the place of those that were open. */
  readonly open: { readonly asked: { readonly rows: RowsRequest }; readonly answer: undefined };
  readonly ask: {
    readonly asked: { readonly failing: string; readonly value: string };
    readonly answer: RowsAnswer;
  };
  readonly head: { readonly asked: { readonly count: number }; readonly answer: RowsHead };
  readonly shape: { readonly asked: object; readonly answer: RowsShape };
  readonly keys: {
    readonly asked: { readonly failing: string; readonly asked: KeysAsked };
    readonly answer: KeysWritten | undefined;
  };
  readonly close: { readonly asked: object; readonly answer: undefined };
}

export type Job = { [Kind in keyof Jobs]: { readonly kind: Kind } & Jobs[Kind]['asked'] }[keyof Jobs];

/** What the reading process says: how far it is, that it lives, what it found, or why it could not. */
export type Message =
  | { readonly progress: ProgressEvent }
  | { readonly alive: true }
  | { readonly answer: Jobs[keyof Jobs]['answer'] }
  | { readonly failure: ReadFailure };

/** An error as it crosses. `code` is there where it was one on purpose. */
export interface ReadFailure {
  readonly message: string;
  readonly cause: string | undefined;
  readonly code?: ErrorCode;
  readonly remedy?: string;
  readonly path?: string | undefined;
}

export function failureOf(error: unknown): ReadFailure {
  if (!(error instanceof Error)) return { message: String(error), cause: undefined };
  const { message, cause } = error;
  const beneath = cause instanceof Error ? cause.message : undefined;
  if (!(error instanceof VarveError)) return { message, cause: error.stack };
  const { code, remedy, path } = error;
  return { message, cause: beneath, code, remedy, path };
}

export function errorOf({ message, cause, code, remedy, path }: ReadFailure): Error {
  const beneath = cause === undefined ? {} : { cause: new Error(cause) };
  if (code === undefined) return new Error(message, beneath);
  return new VarveError(code, message, {
    remedy: remedy ?? '',
    ...(path === undefined ? {} : { path }),
    ...beneath,
  });
}
