import { createHash, timingSafeEqual } from 'node:crypto';
import type { KeyRing } from './access-keys.ts';

/** What asks a browser for a key. Source: RFC 7617, §2. */
export const CHALLENGE = 'Basic realm="varve", charset="UTF-8"';

/** Whether a request says an access key as name and its secret as password. @param header of `Authorization` */
export function isKeyGiven(keys: KeyRing, header: string | undefined): boolean {
  const [, encoded] = /^Basic +([A-Za-z0-9+/=]{1,1000})$/i.exec(header ?? '') ?? [];
  if (encoded === undefined) return false;
  const [, id = '', secret = ''] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
  const known = keys.secretOf(id);
  return known !== undefined && timingSafeEqual(sha256(known), sha256(secret));
}

/** Of one length, so that how long it takes to compare says nothing. */
function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
