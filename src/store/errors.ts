import { type ErrorCode, VarveError } from '../errors.ts';
import { type Digest, type RawDigest, toDigest } from './format/digest.ts';

/** The errors of missing and damaged bytes, in the same words wherever they are met. */

/**
 * @param where URL of the store that lacks it
 * @param path of the file or dataset that needs it, if that is known
 */
export function objectMissing(digest: Digest, where: string, path?: string): VarveError {
  return new VarveError(
    'object-missing',
    `${path ?? digest} is not in ${where}${path ? ` (${digest})` : ''}`,
    {
      path: path ?? where,
      remedy: 'Run `varve fetch`, or push it from a clone that has it.',
    },
  );
}

/**
 * @param where URL of the store from which it was purged
 * @param path of the file or dataset that needs it
 */
export function objectPurged(digest: Digest, where: string, path: string): VarveError {
  return new VarveError(
    'object-purged',
    `${path} was purged: its bytes had to go from ${where} (${digest})`,
    {
      path,
      remedy: `Versions without it are whole: check out one of those, or take it out of the dataset and run \`varve add\`. \`varve purge ${digest}\` removes what this clone still keeps of it.`,
    },
  );
}

/** @param place URL and key of the file that should hold the object */
export function objectDamaged(expected: RawDigest, place: string): VarveError {
  return new VarveError('digest-mismatch', `${place} is damaged: it should hold ${toDigest(expected)}`, {
    path: place,
    remedy: 'Run `varve verify`: it names what the damage touches; `varve fetch` brings a whole copy.',
  });
}

/**
 * @param place key or path of the damaged file
 * @param what completes "is damaged: …"
 */
export function damaged(code: ErrorCode, place: string, what: string): VarveError {
  return new VarveError(code, `${place} is damaged: ${what}`, {
    path: place,
    remedy: 'Run `varve verify`: it names what the damage touches and what to do.',
  });
}
