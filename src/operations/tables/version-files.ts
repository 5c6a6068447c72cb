/**
 * The files of one version as a table is to name them: whole objects of the remote, or objects of data in place where they lie.
 */

import { VarveError } from '../../errors.ts';
import { describeUrl } from '../../wording/urls.ts';
import type { SourceFiles } from '../backend/source-files.ts';
import type { PlacedFile, TablePlace } from '../backend/table-place.ts';
import type { DatasetVersion } from '../backend/version.ts';
import type { Context } from '../context/context.ts';

/** A file of a version. */
export interface VersionFile {
  /** In the dataset, POSIX; the name of a dataset that is a file itself. */
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /** SHA-256 of its bytes; absent where nobody has read them. */
  readonly digest?: string;
}

/** A file that has its place in a table: by its key on the remote, or, where it lies elsewhere, as engines write its address with nothing escaped. */
export type NamedFile = PlacedFile | { readonly address: string };

/** Where the files of a version are found. */
export interface VersionFiles {
  list(): AsyncIterable<VersionFile>;
  /** Whether the bytes of a file are there, as far as that is known without a look. */
  holds(file: VersionFile): boolean;
  /** Give a file its place. @param isTaken whether another file than the one of this key is wanted */
  name(file: VersionFile, isTaken: (key: string) => boolean): Promise<NamedFile>;
  /** @throws VarveError `source-changed` where it is not the file of the version any more */
  read(file: VersionFile, offset: number, length: number): Promise<Uint8Array>;
}

/** Files of which the remote has the bytes. */
export function filesOnRemote(context: Context, place: TablePlace, version: DatasetVersion): VersionFiles {
  return {
    async *list() {
      for await (const { path, size, digest } of context.backend.listFiles(version))
        yield { path, size: size!, ...(digest === undefined ? {} : { digest }) };
    },
    holds: (file) => place.holds(known(file)),
    name: (file, isTaken) => place.place(known(file), isTaken),
    read: (file, offset, length) => place.read(version, known(file), offset, length),
  };
}

function known({ path, size, digest }: VersionFile) {
  return { path, size, digest: digest! };
}

/**
 * Files of data in place: nothing of them is copied, and each has to be in the state of the version when it is named. The remote has their list,
 * as pushes bring it: a table is not the first that lies there.
 */
export function filesAtSource(place: TablePlace, version: DatasetVersion, source: SourceFiles): VersionFiles {
  const isListed = place.holds({ path: '', size: 0, digest: version.content });
  return {
    list: () => source.list(),
    holds: () => isListed,
    async name(file) {
      const address = source.addressOf(file);
      if (address === undefined) throw noName(version);
      return { address };
    },
    read: (file, offset, length) => source.read(file, offset, length),
  };
}

function noName({ path, source = '' }: DatasetVersion): VarveError {
  const url = describeUrl(source);
  return new VarveError(
    'table-place-unsupported',
    `${path} lies at ${url}, for which tables of engines have no name`,
    {
      path,
      remedy:
        'Take it in by `varve get` and `varve add`, and export that: tables name files in buckets (s3://, gs://, azure://).',
    },
  );
}
