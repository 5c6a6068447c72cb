import { isChosen } from '../base/files/path-order.ts';
import { VarveError } from '../errors.ts';
import { type Digest, parseDigest } from '../store/format/digest.ts';
import type { PurgeOptions, PurgeResult } from './backend/results.ts';
import type { Context } from './context/context.ts';
import { namedVersion } from './open-version.ts';

const DIGEST = /^sha256:[0-9a-f]{64}$/;

/**
 * Remove the bytes of files from the cache and a remote for good: a secret, what a law or a person wants gone. The statistics of all
 * versions that hold one of them go too. Everything else stays readable. What branches, the index or a working tree still name is refused.
 * @param files digests of files, or `path@REV`: a dataset that is a file, a file within one, or a folder with all files in it
 * @throws VarveError `purge-in-use`, `dataset-missing`, `path-missing`, `digest-unknown`, `dvc-unsupported`
 */
export async function purge(
  context: Context,
  files: readonly string[],
  options: PurgeOptions = {},
): Promise<PurgeResult> {
  return context.backend.purge(async () => {
    const digests = new Set<Digest>();
    for (const file of files) for (const digest of await digestsOf(context, file)) digests.add(digest);
    return [...digests];
  }, options);
}

async function digestsOf(context: Context, file: string): Promise<Digest[]> {
  if (DIGEST.test(file)) return [parseDigest(file, file)];
  const { version, part } = await namedVersion(context, file);
  const chosen = part === undefined ? undefined : [part];
  const digests: Digest[] = [];
  for await (const entry of context.backend.listFiles(version))
    if (isChosen(entry.path, chosen) && DIGEST.test(String(entry.digest)))
      digests.push(parseDigest(entry.digest, file));
  if (digests.length > 0) return digests;
  throw new VarveError('path-missing', `${file} names no file that a store holds`, {
    path: file,
    remedy: 'See `varve ls -R` for the files of a version. Data that lies in a bucket is removed there.',
  });
}
