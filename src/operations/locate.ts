import { isWithin } from '../base/files/path-order.ts';
import { VarveError } from '../errors.ts';
import type { TablePlace } from './backend/table-place.ts';
import { closing } from './context/closing.ts';
import type { Context } from './context/context.ts';
import { namedVersion } from './open-version.ts';

export interface LocateOptions {
  /** Name of a remote other than the default. */
  readonly remote?: string | undefined;
  /** Signs each address, so that whoever has it may read for so many seconds without keys. */
  readonly presignSeconds?: number | undefined;
}

/** Where a file of a version lies. */
export interface LocatedFile {
  /** Within the dataset, POSIX; the name of a dataset that is a file itself. */
  readonly path: string;
  readonly size: number;
  readonly digest: string;
  /** Null where no file on the remote holds it alone: it is small and lies among others, or is kept in chunks. */
  readonly url: string | null;
}

export interface LocateResult {
  /** Name of the remote; null where the data lies elsewhere. */
  readonly remote: string | null;
  readonly files: readonly LocatedFile[];
}

/**
 * Tell where each file of a version lies on a remote, for programs that read whole files there. Whoever reads there verifies for
 * themselves: a file is what its digest says.
 * @param dataset `path` or `path@REV`, or a file or folder within one
 * @throws VarveError `dataset-missing`, `object-missing`, `presign-unsupported`, `table-place-unsupported`, `dvc-unsupported`
 */
export async function locate(
  context: Context,
  dataset: string,
  { remote, presignSeconds }: LocateOptions = {},
): Promise<LocateResult> {
  return closing(await context.backend.openTablePlace(remote), async (place) => {
    const { version, part } = await namedVersion(context, dataset);
    if (version.source !== undefined) throw liesInPlace(version.path, version.source);
    const files: LocatedFile[] = [];
    for await (const { path, digest, size } of context.backend.listFiles(version)) {
      if (part !== undefined && !isWithin(path, part)) continue;
      const file = { path, digest: digest!, size: size! };
      if (!place.holds(file)) throw notThere(version.path, path, place.name);
      files.push({ ...file, url: await urlOf(place, place.find(file), presignSeconds) });
    }
    return { remote: place.name, files };
  });
}

/** @throws VarveError `presign-unsupported` */
async function urlOf(
  place: TablePlace,
  key: string | undefined,
  presignSeconds: number | undefined,
): Promise<string | null> {
  if (key === undefined) return null;
  if (presignSeconds === undefined) return `${place.engineUrl}${key}`;
  const signed = await place.presign(key, presignSeconds);
  if (signed !== undefined) return signed;
  throw cannotSign(place.url);
}

function notThere(dataset: string, path: string, remote: string): VarveError {
  return new VarveError('object-missing', `Remote ${remote} does not have ${path}`, {
    path: dataset,
    remedy: 'Run `varve push --all-commits`, which sends every version, then the same command again.',
  });
}

function liesInPlace(path: string, source: string): VarveError {
  return new VarveError('data-not-read', `${path} lies in ${source}, and on no remote`, {
    path,
    remedy: 'Read it there: its files lie under that URL by the names that `varve ls` shows.',
  });
}

function cannotSign(url: string): VarveError {
  return new VarveError('presign-unsupported', `Addresses at ${url} cannot be signed`, {
    path: url,
    remedy: 'Leave `--presign` out, or use a remote in a bucket of S3.',
  });
}
