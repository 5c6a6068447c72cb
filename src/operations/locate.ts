import { isWithin } from '../base/files/path-order.ts';
import { VarveError } from '../errors.ts';
import type { TablePlace } from './backend/table-place.ts';
import type { VersionPart } from './backend/version.ts';
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
  /** Null where nobody has read the bytes: data in place may be known by its state alone. */
  readonly digest: string | null;
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
  const named = await namedVersion(context, dataset);
  const { version, part } = named;
  if (version.source !== undefined) return locateInPlace(context, named, presignSeconds);
  return closing(await context.backend.openTablePlace(remote), async (place) => {
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

/** Data in place has its own addresses, which no remote of varve has a part in. */
async function locateInPlace(
  { backend }: Context,
  { version, part }: VersionPart,
  presignSeconds: number | undefined,
): Promise<LocateResult> {
  if (presignSeconds !== undefined) throw cannotSign(version.source!);
  return closing(await backend.openSourceFiles(version), async (source) => {
    const files: LocatedFile[] = [];
    for await (const file of source.list()) {
      const { path, size, digest = null } = file;
      if (part !== undefined && !isWithin(path, part)) continue;
      const url = source.addressOf(file) ?? addressAtServer(version.source!, source.keyOf(file));
      files.push({ path, size, digest, url });
    }
    return { remote: null, files };
  });
}

function addressAtServer(source: string, key: string): string {
  return key === '' ? source : `${source}/${key.split('/').map(encodeURIComponent).join('/')}`;
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

function cannotSign(url: string): VarveError {
  return new VarveError('presign-unsupported', `Addresses at ${url} cannot be signed`, {
    path: url,
    remedy:
      'Leave `--presign` out, or use a remote in a bucket of S3. Addresses of data in place are not signed: none holds its reader to the state that the version has.',
  });
}
