import { VarveError } from '../errors.ts';
import type { Profile } from './model.ts';
import { wrongInProfile } from './profile-shape.ts';

/**
 * The canonical bytes of a profile: JSON without white space, keys in the order of their code units, one line feed at the
 * end. Equal profiles have equal bytes.
 */
export function encodeProfile(profile: Profile): Uint8Array {
  return Buffer.from(`${canonicalJson(profile)}\n`);
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  const fields = entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`).join(',')}}`;
}

/** The largest profile that is read: room for tens of thousands of features. */
const largest = 256 * 1024 * 1024;

/**
 * The profile that `bytes` hold, every field checked, so that nothing that follows has to. `where` names them in messages.
 * Throws `VarveError` `damaged-profile`, or `newer-profile` where a later varve wrote them.
 */
export function decodeProfile(bytes: Uint8Array, where: string): Profile {
  const found = parse(bytes, where);
  const version =
    typeof found === 'object' && found !== null && 'varveProfile' in found ? found.varveProfile : 0;
  if (typeof version === 'number' && version > 1) {
    throw new VarveError(
      'newer-profile',
      `${where} is of profile format ${version}; this varve knows format 1`,
      {
        remedy: 'Update varve.',
        path: where,
      },
    );
  }
  const wrong = wrongInProfile(found);
  if (wrong !== undefined) throw damaged(where, wrong);
  return found as Profile;
}

function parse(bytes: Uint8Array, where: string): unknown {
  if (bytes.length > largest) throw damaged(where, `${bytes.length} bytes are more than a profile can have`);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw damaged(where, 'not JSON', cause);
  }
}

function damaged(where: string, what: string, cause?: unknown): VarveError {
  return new VarveError('damaged-profile', `${where} is not a profile: ${what}`, {
    remedy: 'Profile the data again with `varve profile`.',
    path: where,
    cause,
  });
}
