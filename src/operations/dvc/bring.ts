import { isChosen } from '../../base/files/path-order.ts';
import { cachedFiles, notCached } from '../../dvc/objects/cache.ts';
import { fetchOutputs, type Wanted } from '../../dvc/objects/transfer.ts';
import type { DvcContext } from '../../dvc/tree/context.ts';
import { isOnRemotes, isRecorded } from '../../dvc/tree/select.ts';
import type { VersionPart } from '../backend/version.ts';
import { type DvcPlace, inDvc } from './context.ts';
import { outputsOf } from './versions.ts';

/** Implements Backend.bring. */
export function bring(context: DvcPlace, wanted: VersionPart): Promise<void> {
  return inDvc(context, (within) => bringWanted(within, wantedVersion(context, wanted)));
}

/** The output that a version is of, as its commit has it. */
export function wantedVersion({ repository }: DvcPlace, { version, part }: VersionPart): Wanted {
  const output = outputsOf(repository, version.commit).find((one) => one.path === version.path)!;
  // Versions are made of recorded outputs alone.
  if (!isRecorded(output)) throw new Error(`${version.path} has no recorded version`);
  return { output, ...(part === undefined ? {} : { only: [part] }) };
}

/** Implements Backend.isHere. */
export function isOutputHere(context: DvcPlace, wanted: VersionPart): Promise<boolean> {
  return inDvc(context, (within) => isCachedWhole(within, wantedVersion(context, wanted)));
}

/** Fetch what the cache lacks. Asks no remote if it lacks nothing. */
export async function bringWanted(context: DvcContext, wanted: Wanted): Promise<void> {
  if ((await isCachedWhole(context, wanted)) || !isOnRemotes(wanted.output)) return;
  await fetchOutputs(context, [wanted], {});
}

async function isCachedWhole(context: DvcContext, { output, only }: Wanted): Promise<boolean> {
  const files = await cachedFiles(context, output.id);
  const chosen = files?.filter(({ path }) => isChosen(path, only));
  return chosen !== undefined && notCached(context, chosen).length === 0;
}
