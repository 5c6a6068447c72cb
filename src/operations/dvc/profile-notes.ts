import { askAgain } from '../../base/ask-again.ts';
import type { ProfileReference } from '../../dvc/format/output.ts';
import type { ObjectRemote } from '../../dvc/objects/object-remote.ts';
import { VarveError } from '../../errors.ts';
import { objectDamaged } from '../../store/errors.ts';
import { digestOf, toRaw } from '../../store/format/digest.ts';

type ProfileDigest = ProfileReference['digest'];

/** Beside DVC's `files/`: a name of three steps, which `dvc gc` does not take for an object. */
export function noteKey(digest: ProfileDigest): string {
  return `varve/profiles/${digest.slice('sha256:'.length)}.json`;
}

/**
 * A profile as a remote has it; undefined if there is none. Bytes that come damaged are asked for again.
 * @throws VarveError `digest-mismatch`
 */
export function readProfileNote(
  remote: ObjectRemote,
  digest: ProfileDigest,
): Promise<Uint8Array | undefined> {
  const key = noteKey(digest);
  return askAgain(async () => {
    const bytes = await remote.readNote(key);
    if (bytes === undefined || digestOf(bytes) === digest) return bytes;
    throw objectDamaged(toRaw(digest), `${remote.url}: ${key}`);
  });
}

/**
 * Read a profile as readProfileNote does, but gives undefined for a damaged one too: profiles are computed again, or
 * sent again.
 */
export async function readWholeNote(
  remote: ObjectRemote,
  digest: ProfileDigest,
): Promise<Uint8Array | undefined> {
  try {
    return await readProfileNote(remote, digest);
  } catch (error) {
    if (error instanceof VarveError && error.code === 'digest-mismatch') return undefined;
    throw error;
  }
}
