import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { debug } from '../../base/debug.ts';
import { writeAtomically } from '../../base/files/atomic-write.ts';
import { decodeProfile, encodeOpenly } from '../../profile/format/encode.ts';
import type { Profile } from '../../profile/model/model.ts';
import { isOutdated } from '../../profile/model/tables.ts';
import { DIGEST_BYTES, type RawDigest, rawDigestOf, sameDigest } from '../../store/format/digest.ts';
import type { Repository } from '../../workspace/repository.ts';

/** Profiles of single files of this clone, under the digests of the files: adding one file to a folder costs one file. */
export interface ProfileCache {
  cached(digest: string): Promise<Profile | undefined>;
  keep(digest: string, profile: Profile): Promise<void>;
}

/** Grows when files come to be read otherwise, such as dates in text: what was kept of an earlier reading is then computed again. */
const READING = Buffer.from('reading 2\n');

/** Each behind a SHA-256 of the reading and the profile. Nothing in it is needed: what cannot be read is computed again. */
export function profileCache(repository: Repository): ProfileCache {
  const fileOf = (digest: string) => profilePath(repository, digest);
  return {
    async cached(digest) {
      const known = readKnown(fileOf(digest), digest);
      debug('cache', `${known === undefined ? 'miss' : 'hit'}, profile of ${digest}`);
      return known;
    },
    async keep(digest, profile) {
      const bytes = encodeOpenly(profile);
      writeAtomically(fileOf(digest), [checksumOf(bytes), bytes], false);
    },
  };
}

function checksumOf(profile: Uint8Array): RawDigest {
  return rawDigestOf(Buffer.concat([READING, profile]));
}

/** Where the profile of a file lies, if there is one. */
export function profilePath({ stateFolder }: Pick<Repository, 'stateFolder'>, digest: string): string {
  const hex = digest.slice(digest.indexOf(':') + 1);
  return join(stateFolder, 'profiles', hex.slice(0, 2), hex.slice(2));
}

function readKnown(path: string, digest: string): Profile | undefined {
  try {
    const file = readFileSync(path);
    const bytes = file.subarray(DIGEST_BYTES);
    if (!sameDigest(checksumOf(bytes), file.subarray(0, DIGEST_BYTES))) return undefined;
    const profile = decodeProfile(bytes, digest);
    return isOutdated(profile) ? undefined : profile;
  } catch {
    return undefined;
  }
}
