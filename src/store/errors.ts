import { VarveError } from '../errors.ts';
import { type Digest, type RawDigest, toDigest } from './format/digest.ts';

/** What every place that meets missing or damaged bytes says. */

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

export function objectDamaged(expected: RawDigest, place: string): VarveError {
  return new VarveError('digest-mismatch', `${place} is damaged: it should hold ${toDigest(expected)}`, {
    path: place,
    remedy: 'Run `varve verify`: it names what the damage touches; `varve fetch` brings a whole copy.',
  });
}

export function damaged(code: string, place: string, what: string): VarveError {
  return new VarveError(code, `${place} is damaged: ${what}`, {
    path: place,
    remedy: 'Run `varve verify`: it names what the damage touches and what to do.',
  });
}
