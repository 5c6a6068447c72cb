import { VarveError } from '../errors.ts';
import type { Profile } from '../profile/model/model.ts';
import type { SnapshotFile } from './backend/results.ts';
import type { DatasetVersion } from './backend/version.ts';
import type { Context } from './context/context.ts';
import { versionNamed } from './datasets/revisions.ts';
import { storedProfile } from './statistics/stored.ts';

/** The files of `path` or `path@REV`, in the order of their paths. @throws VarveError `dataset-missing`, `object-missing` */
export async function* listFiles(context: Context, dataset: string): AsyncGenerator<SnapshotFile> {
  yield* context.backend.listFiles(await namedVersion(context, dataset));
}

/**
 * The bytes of `path` or `path@REV`, or of a file within it. None is yielded before it is verified.
 * @throws VarveError `dataset-missing`, `path-missing`, `object-missing`, `digest-mismatch`
 */
export async function* openFile(
  context: Context,
  dataset: string,
  file?: string,
): AsyncGenerator<Uint8Array> {
  const version = await namedVersion(context, dataset);
  yield* context.backend.readFile(version, file);
}

/**
 * The statistics that travel with `path` or `path@REV`; undefined where it was added without any. Computes nothing.
 * @throws VarveError `dataset-missing`, `profile-not-fetched`
 */
export async function readProfile(context: Context, dataset: string): Promise<Profile | undefined> {
  const { profile } = await namedVersion(context, dataset);
  return profile === undefined ? undefined : storedProfile(context, dataset, profile);
}

async function namedVersion(context: Context, dataset: string): Promise<DatasetVersion> {
  const version = await versionNamed(context, dataset);
  if (version !== undefined) return version;
  const { terms } = context.backend;
  throw new VarveError('dataset-missing', `${dataset} is not ${terms.dataset}`, {
    path: dataset,
    remedy: `Add it first; \`varve status\` lists the ${terms.datasets} that there are.`,
  });
}
