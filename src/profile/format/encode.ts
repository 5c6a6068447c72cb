/**
 * The format of a profile: its canonical bytes, and their check when they are read. It may not know how a profile was
 * made; what is read counts as hostile until it is checked.
 */

import { inflateRawSync } from 'node:zlib';
// That for Node has the same code, and loads worker threads that nothing here uses.
import { deflateSync } from 'fflate/browser';
import { asBuffer } from '../../base/as-buffer.ts';
import { VarveError } from '../../errors.ts';
import { checkHashes } from '../hashing/sketch.ts';
import type { FeatureProfile, Profile } from '../model/model.ts';
import { fromStored, type StoredProfile, toStored } from './columnar.ts';
import { hashesOfListed, sketchFollows } from './listed-hashes.ts';
import { wrongInProfile } from './validate.ts';

const LINE_FEED = 10;

/** The first line of format 3. */
const HEADER = Buffer.from('{"varveProfile":3}\n');

/**
 * The canonical bytes of a profile, in format 3: a line of JSON that names it, and behind it `encodeOpenly` as raw DEFLATE (RFC 1951). Hashes
 * that follow from the listed values are left out. Equal profiles have equal bytes: the compressor is a part of varve, and its output is the same
 * on every machine, which that of zlib is not.
 */
export function encodeProfile(profile: Profile): Uint8Array {
  return Buffer.concat([HEADER, deflateSync(encoded(profile, hashesToKeep), { level: 6 })]);
}

/**
 * The profile as between processes and in this clone's cache, where time matters more than size, in format 1, 2 where values are cut, or 4 where positions are counted: one line of JSON
 * without white space, keys in the order of their code units (see columnar.ts), and behind it the sketches in the order of the features, as LEB128 deltas. They are most of a profile, and
 * few who read it ask for them.
 */
export function encodeOpenly(profile: Profile): Uint8Array {
  return encoded(profile, ({ distinct }) => distinct.hashes);
}

/** @param keep gives the hashes that are to be written of a feature, null if they follow from its values */
function encoded(profile: Profile, keep: (feature: FeatureProfile) => string | null): Uint8Array {
  const sketches: Uint8Array[] = [];
  const stored = toStored(profile, (feature) => {
    const hashes = keep(feature);
    if (hashes === null) return null;
    const packed = Buffer.from(hashes, 'base64');
    sketches.push(packed);
    return packed.length;
  });
  return Buffer.concat([Buffer.from(`${canonicalJson(stored)}\n`), ...sketches]);
}

function hashesToKeep(feature: FeatureProfile): string | null {
  return sketchFollows(feature) ? null : feature.distinct.hashes;
}

function canonicalJson(value: unknown): string {
  // Most of a profile are long lists of numbers and texts.
  if (Array.isArray(value))
    return value.some(isNested) ? `[${value.map(canonicalJson)}]` : JSON.stringify(value);
  if (!isNested(value)) return JSON.stringify(value);
  const names = Object.keys(value).filter((name) => value[name] !== undefined);
  return `{${names.sort().map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name])}`)}}`;
}

function isNested(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** That of a profile that counts positions. */
const NEWEST_VERSION = 4;

/** The largest profile that is read: room for tens of thousands of features. */
const MAX_TEXT_BYTES = 256 * 1024 * 1024;

/**
 * The profile that `bytes` hold, every field checked, so that nothing that follows has to; sketches are checked when they are
 * asked for.
 * @param where names the bytes in messages
 * @throws VarveError `profile-damaged`, or `profile-too-new` where a later varve wrote them; so does asking for a sketch
 */
export function decodeProfile(bytes: Uint8Array, where: string): Profile {
  if (bytes.length > MAX_TEXT_BYTES)
    throw damaged(where, `${bytes.length} bytes are more than a profile can have`);
  const isCompressed = HEADER.equals(bytes.subarray(0, HEADER.length));
  return decoded(isCompressed ? inflated(bytes.subarray(HEADER.length), where) : bytes, where);
}

function inflated(bytes: Uint8Array, where: string): Uint8Array {
  try {
    return inflateRawSync(bytes, { maxOutputLength: MAX_TEXT_BYTES });
  } catch (cause) {
    throw damaged(where, 'it cannot be decompressed', cause);
  }
}

function decoded(bytes: Uint8Array, where: string): Profile {
  const lineEnd = bytes.indexOf(LINE_FEED);
  const found = parse(lineEnd < 0 ? bytes : bytes.subarray(0, lineEnd), where);
  const version =
    typeof found === 'object' && found !== null && 'varveProfile' in found ? found.varveProfile : 0;
  if (typeof version === 'number' && version > NEWEST_VERSION) {
    throw new VarveError(
      'profile-too-new',
      `${where} is of profile format ${version}; this varve knows formats up to ${NEWEST_VERSION}`,
      {
        remedy: 'Update varve.',
        path: where,
      },
    );
  }
  const wrong = wrongInProfile(found);
  if (wrong !== undefined) throw damaged(where, wrong);
  let at = lineEnd < 0 ? bytes.length : lineEnd + 1;
  const profile = fromStored(found as StoredProfile, (length, type, values) => {
    if (length === null) return () => hashesOfListed(type, values()) ?? missingHashes(where);
    const packed = bytes.subarray(at, at + length);
    at += length;
    return () => hashesOf(packed, where);
  });
  if (at === bytes.length) return profile;
  throw damaged(
    where,
    `its sketches have ${bytes.length - lineEnd - 1} bytes in place of ${at - lineEnd - 1}`,
  );
}

function missingHashes(where: string): never {
  throw damaged(where, 'it lacks a sketch that does not follow from its values');
}

function parse(bytes: Uint8Array, where: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw damaged(where, 'not JSON', cause);
  }
}

/** As ThetaSketch has them. */
function hashesOf(packed: Uint8Array, where: string): string {
  try {
    checkHashes(packed);
  } catch (cause) {
    throw damaged(where, `a sketch is not what it should be: ${(cause as Error).message}`, cause);
  }
  return asBuffer(packed).toString('base64');
}

function damaged(where: string, what: string, cause?: unknown): VarveError {
  return new VarveError('profile-damaged', `${where} is not a profile: ${what}`, {
    remedy: 'Profile the data again with `varve profile`.',
    path: where,
    cause,
  });
}
