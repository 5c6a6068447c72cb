/**
 * Access: the keys by which people and programs may read from a server. It may not know what they read, nor keep a key where Git could
 * bring one.
 */

import { randomBytes, randomInt } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from '../../base/files/atomic-write.ts';
import { makeFolders } from '../../base/files/make-folders.ts';
import { isAbsent, systemError } from '../../base/files/system-errors.ts';
import { configFolder } from '../../base/files/user-folders.ts';
import { VarveError } from '../../errors.ts';

/** Who may read, without the secret. */
export interface AccessKey {
  readonly id: string;
  /** What people know it by. */
  readonly name?: string;
  /** ISO 8601. */
  readonly created: string;
}

/** Told once, when the key is made. */
export interface NewAccessKey extends AccessKey {
  readonly secret: string;
}

const VERSION = 1;
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
const READABLE_BY_OTHERS = 0o004;
/** Of the shape that programs know from AWS: 20 capital letters and digits, and a secret of 40 characters. */
const ID_PREFIX = 'VARVE';
const ID_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const RANDOM_ID_LETTERS = 15;
const SECRET_BYTES = 30;
const ID = /^[A-Z0-9]{16,128}$/;
const MAX_NAME_LENGTH = 100;
/** A key that is added or removed counts after this time at the latest, without a new start. */
const FRESH_MS = 1000;

/** Make a key, and keep it. @param name what people know it by @throws VarveError `access-key-invalid`, and what writing meets */
export function makeAccessKey(name?: string): NewAccessKey {
  if (name !== undefined && (name.length > MAX_NAME_LENGTH || /\p{Cc}/u.test(name)))
    throw new VarveError(
      'access-key-invalid',
      `The name of an access key is too long, or has control characters`,
      {
        path: name.slice(0, MAX_NAME_LENGTH),
        remedy: `Take a name of up to ${MAX_NAME_LENGTH} characters.`,
      },
    );
  const letters = Array.from({ length: RANDOM_ID_LETTERS }, () => ID_LETTERS[randomInt(ID_LETTERS.length)]);
  const id = ID_PREFIX + letters.join('');
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  const key = { id, ...(name !== undefined && { name }), created: new Date().toISOString(), secret };
  const folder = keyFolder();
  try {
    makeFolders(folder, FOLDER_MODE);
  } catch (error) {
    throw systemError(error, 'write', folder);
  }
  const text = `${JSON.stringify({ version: VERSION, ...key }, undefined, 2)}\n`;
  writeAtomically(join(folder, `${id}.json`), [Buffer.from(text)], true, FILE_MODE);
  return key;
}

/** The keys of this user, oldest first, without their secrets. */
export function accessKeys(): AccessKey[] {
  return readKeys()
    .map(({ secret: _, ...key }) => key)
    .sort((a, b) => (a.created < b.created ? -1 : 1));
}

/** Forget a key: a server that runs refuses it within a second. @throws VarveError `access-key-unknown` */
export function forgetAccessKey(id: string): AccessKey {
  const key = accessKeys().find((one) => one.id === id);
  if (key === undefined)
    throw new VarveError('access-key-unknown', `There is no access key ${id.slice(0, 200)}`, {
      path: id.slice(0, 200),
      remedy: 'Run `varve serve key list`.',
    });
  const file = join(keyFolder(), `${id}.json`);
  try {
    rmSync(file, { force: true });
  } catch (error) {
    throw systemError(error, 'remove', file);
  }
  return key;
}

/** The secrets of the keys, as they are by now. */
export class KeyRing {
  #secrets: ReadonlyMap<string, string> = new Map();
  #read = Number.NEGATIVE_INFINITY;

  /** The secret of a key; undefined where there is no such key any more. */
  secretOf(id: string): string | undefined {
    return this.#fresh().get(id);
  }

  get isEmpty(): boolean {
    return this.#fresh().size === 0;
  }

  #fresh(): ReadonlyMap<string, string> {
    const now = performance.now();
    if (now - this.#read > FRESH_MS) {
      this.#secrets = new Map(readKeys().map((key) => [key.id, key.secret]));
      this.#read = now;
    }
    return this.#secrets;
  }
}

export function keyFolder(): string {
  return join(configFolder(), 'serve-keys');
}

/** The files of keys that everybody on this machine may read. */
export function openKeyFiles(): string[] {
  if (process.platform === 'win32') return [];
  return readKeys()
    .map(({ id }) => join(keyFolder(), `${id}.json`))
    .filter((file) => ((statSync(file, { throwIfNoEntry: false })?.mode ?? 0) & READABLE_BY_OTHERS) !== 0);
}

/** One file a key, named by its id; one that says something else than its name opens nothing. */
function readKeys(): NewAccessKey[] {
  const folder = keyFolder();
  try {
    return readdirSync(folder).flatMap((name) => readKey(folder, name) ?? []);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw systemError(error, 'read', folder);
  }
}

function readKey(folder: string, file: string): NewAccessKey | undefined {
  try {
    const { version, id, name, created, secret } = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    const isSound =
      version === VERSION && ID.test(id) && file === `${id}.json` && typeof created === 'string';
    if (!isSound || typeof secret !== 'string' || secret.length < SECRET_BYTES) return undefined;
    return { id, created, secret, ...(typeof name === 'string' && { name }) };
  } catch {
    return undefined;
  }
}
