import { openDvcRemote } from '../../dvc/objects/remotes.ts';
import { type DamagedObject, type ObjectUser, verifyOutputs } from '../../dvc/objects/verify.ts';
import type { DvcContext } from '../../dvc/tree/context.ts';
import { outputsInTree } from '../../dvc/tree/pointers.ts';
import { isOnRemotes, isRecorded, type RecordedOutput } from '../../dvc/tree/select.ts';
import { VarveError } from '../../errors.ts';
import { isDone } from '../../store/repair/records.ts';
import { type Damage, type StoreCheck, verifyStore } from '../../store/repair/verify.ts';
import type { Store } from '../../store/store.ts';
import type { VerifyResult } from '../backend/results.ts';
import { watching } from '../context/context.ts';
import type { DvcPlace } from './context.ts';
import { noteKey, readProfileNote } from './profile-notes.ts';
import { inDvcWithProfiles } from './profiles.ts';

/** No profile is near this size. */
const MAX_PROFILE = 256 * 1024 * 1024;
const COMPUTED_AGAIN = 'Nothing is lost: statistics are computed again where they are needed.';

type Checked = Omit<StoreCheck, 'absent'>;

/** Implements Backend.verify. The profiles that varve keeps beside DVC's objects are checked too. */
export function verify(context: DvcPlace, remote: string | undefined): Promise<VerifyResult> {
  return inDvcWithProfiles(context, async (within, profiles) => {
    const outputs = outputsInTree(within.repository).filter(
      (output) => remote === undefined || isOnRemotes(output),
    );
    const selected = outputs.map((output) => ({ output }));
    const found = await verifyOutputs(within, selected, remote);
    const own =
      remote === undefined
        ? await verifyProfiles(context, profiles)
        : await verifyNotes(within, outputs.filter(isRecorded), remote, profiles);
    return {
      ...found,
      objects: found.objects + own.objects,
      checkedBytes: found.checkedBytes + own.checkedBytes,
      damage: [...found.damage.map((one) => explain(one, remote)), ...own.damage],
    };
  });
}

/** The store of profiles inside DVC's cache. */
async function verifyProfiles(context: DvcPlace, profiles: Store): Promise<Checked> {
  const found = await verifyStore(profiles, [], watching(context));
  const damage = found.damage.map((one) => ({ ...one, key: `varve/${one.key}`, remedy: COMPUTED_AGAIN }));
  return { ...found, damage };
}

/** The profiles beside DVC's objects on a remote. What is damaged is written anew where this clone has it whole. */
async function verifyNotes(
  within: DvcContext,
  outputs: readonly RecordedOutput[],
  remoteName: string,
  profiles: Store,
): Promise<Checked> {
  const users = new Map<NonNullable<RecordedOutput['profile']>['digest'], ObjectUser[]>();
  for (const { path, id, profile } of outputs) {
    if (profile === undefined) continue;
    const known = users.get(profile.digest) ?? [];
    users.set(profile.digest, [...known, { path, digest: id.value, files: [] }]);
  }
  const damage: Damage[] = [];
  let [objects, checkedBytes] = [0, 0];
  const remote = await openDvcRemote(within, remoteName);
  try {
    for (const [digest, roots] of users) {
      try {
        const bytes = await readProfileNote(remote, digest);
        if (bytes === undefined) continue;
        checkedBytes += bytes.length;
      } catch (error) {
        if (!(error instanceof VarveError) || error.code !== 'digest-mismatch') throw error;
        const repaired =
          profiles.has(digest) &&
          (await isDone(async () =>
            remote.writeNote(noteKey(digest), await profiles.readBytes(digest, MAX_PROFILE)),
          ));
        const remedy = repaired
          ? 'Nothing is left to do.'
          : 'Run `varve push --all-commits` in a clone that has these statistics: it writes them anew.';
        damage.push({
          key: noteKey(digest),
          problem: 'has other bytes than its name says',
          roots,
          repaired,
          remedy,
        });
      }
      objects += 1;
    }
  } finally {
    await remote.close();
  }
  return { objects, checkedBytes, damage };
}

function explain({ key, users }: DamagedObject, remote: string | undefined): Damage {
  return {
    key,
    problem: 'has other bytes than its name says',
    roots: users,
    repaired: false,
    remedy:
      remote === undefined
        ? `Move ${key} out of the cache, then run \`varve fetch --all-commits\`, which brings it again.`
        : 'Move it away there, then run `varve push --all-commits` in a clone whose cache is whole.',
  };
}
