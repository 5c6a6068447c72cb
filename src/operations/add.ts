import type { AddInPlaceOptions, AddResult } from './backend/results.ts';
import type { Context } from './context/context.ts';
import type { Profiler } from './statistics/profiler.ts';

/**
 * Makes a version of each path and points to it. All of them or none: pointers are written after the cache holds every byte.
 * @throws VarveError for every path that cannot become a dataset; `source-changed`
 */
export function add(
  { backend }: Context,
  paths: readonly string[],
  options: { readonly profiler?: Profiler | undefined } = {},
): Promise<AddResult> {
  return backend.add(paths, options.profiler);
}

/**
 * Makes a version of data that lies in a bucket and leaves it there. Reads no data.
 * @param url `s3://bucket/prefix` or `minio://alias/bucket/prefix`: a single object if it names one, else all objects
 * below
 * @throws VarveError `path-taken`, `unsupported-key`, `missing-path`, `dvc-unsupported`, and the errors of the bucket
 */
export function addInPlace(
  { backend }: Context,
  url: string,
  options: AddInPlaceOptions,
): Promise<AddResult> {
  return backend.addInPlace(url, options);
}
