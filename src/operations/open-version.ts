import { isChosen } from '../base/files/path-order.ts';
import { VarveError } from '../errors.ts';
import type { FooterStatistics } from '../profile/footers/model.ts';
import type { Profile } from '../profile/model/model.ts';
import type { SnapshotFile } from './backend/results.ts';
import type { DatasetVersion, VersionPart } from './backend/version.ts';
import type { Context } from './context/context.ts';
import { versionNamed } from './datasets/revisions.ts';
import { storedFooters, storedProfile } from './statistics/stored.ts';

/**
 * The files of `path` or `path@REV`, in the order of their paths in the dataset; of a folder within one, those that lie in it.
 * @throws VarveError `dataset-missing`, `object-missing`
 */
export async function* listFiles(context: Context, dataset: string): AsyncGenerator<SnapshotFile> {
  const { version, part } = await namedVersion(context, dataset);
  const chosen = part === undefined ? undefined : [part];
  for await (const file of context.backend.listFiles(version)) if (isChosen(file.path, chosen)) yield file;
}

/**
 * The bytes of `path` or `path@REV`, or of a file within it. None is yielded before it is verified.
 * @param file its path within what `dataset` names
 * @throws VarveError `dataset-missing`, `path-missing`, `object-missing`, `digest-mismatch`
 */
export async function* openFile(
  context: Context,
  dataset: string,
  file?: string,
): AsyncGenerator<Uint8Array> {
  const { version, part } = await namedVersion(context, dataset);
  const inside = [part, file].filter((one) => one !== undefined).join('/');
  yield* context.backend.readFile(version, inside || undefined);
}

/**
 * The statistics that travel with `path` or `path@REV`; undefined where it was added without any. Computes nothing.
 * @throws VarveError `dataset-missing`, `profile-not-fetched`, `profile-mismatch`
 */
export async function readProfile(context: Context, dataset: string): Promise<Profile | undefined> {
  const { version, part } = await namedVersion(context, dataset);
  if (part !== undefined) return undefined;
  if (version.profile === undefined) return undefined;
  return storedProfile(context, { name: dataset, path: version.path, version });
}

/**
 * What footers, or a table, say of `path` or `path@REV`, of which nobody has read the rows; undefined where nothing of the kind travels with
 * it. Computes nothing.
 * @throws VarveError `dataset-missing`, `profile-not-fetched`
 */
export async function readFooters(context: Context, dataset: string): Promise<FooterStatistics | undefined> {
  const { version, part } = await namedVersion(context, dataset);
  const { footers } = version;
  return part !== undefined || footers === undefined ? undefined : storedFooters(context, dataset, footers);
}

/** As namedVersion, of a dataset as a whole. @throws VarveError `dataset-missing` also for what lies within one */
export async function wholeVersion(context: Context, argument: string): Promise<DatasetVersion> {
  const { version, part } = await namedVersion(context, argument);
  if (part === undefined) return version;
  throw new VarveError('dataset-missing', `${argument} lies within ${version.path}, and is no dataset`, {
    path: argument,
    remedy: `Name the dataset: \`${version.path}\`.`,
  });
}

/** As versionNamed. @throws VarveError `dataset-missing` for what is no dataset, and lies in none */
export async function namedVersion(
  context: Context,
  argument: string,
  commit?: string,
): Promise<VersionPart> {
  const named = await versionNamed(context, argument, commit);
  if (named !== undefined) return named;
  const { terms } = context.backend;
  throw new VarveError('dataset-missing', `${argument} is not ${terms.dataset}, and lies in none`, {
    path: argument,
    remedy: `\`varve status\` lists the ${terms.datasets} that there are; \`varve add\` makes one of your data.`,
  });
}
