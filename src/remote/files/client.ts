import type { GetRequest, OpenObject, Upload } from '../bucket/client.ts';
import type { Site } from '../bucket/errors.ts';

/**
 * The requests that varve makes of a file system on another machine, one method each, tried once: what is thrown is an error that
 * `bucket/error-classes.ts` reads, with `NoSuchKey` for what is not there. Paths are relative to the folder that was opened, in POSIX form; ''
 * is that folder.
 */
export interface FileClient extends Site {
  /** Ask for the facts of what has this path; undefined if nothing has. Links are not followed. */
  stat(path: string): Promise<RemoteFile | undefined>;
  /** List what lies in a folder, in no promised order; nothing if there is no such folder. */
  list(folder: string): Promise<RemoteFile[]>;
  get(path: string, request: GetRequest): Promise<OpenObject>;
  /** Write a file whole, over one that is there, and wait until it is on the server's disk as far as that can be asked for. */
  create(path: string, upload: Upload): Promise<void>;
  /** Give a file another path. Without `overwrite`, false is returned and nothing done if there is a file already. */
  rename(from: string, to: string, overwrite: boolean): Promise<boolean>;
  /** Make a folder, and those above it that are missing. */
  makeFolder(path: string): Promise<void>;
  /** Remove a file. It is no error if there is none. */
  remove(path: string): Promise<void>;
  close(): void;
}

export interface RemoteFile {
  /** The last step of its path; '' of a file that was asked for by its path. */
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  /** In bytes. */
  readonly size: number;
  readonly modified: Date;
}

/** What tells one state of a file from the next, as an ETag does. */
export function stateOf({ size, modified }: Pick<RemoteFile, 'size' | 'modified'>): string {
  return `${modified.getTime()}-${size}`;
}

/** Make the error for a path that has no file, as buckets answer. */
export function absent(path: string): Error {
  return Object.assign(new Error(`There is no ${path}`), { code: 'NoSuchKey' });
}
