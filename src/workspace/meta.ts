import { VarveError } from '../errors.ts';
import { describeUrl, holdsSecret, withoutSecrets } from '../wording/urls.ts';

/** What people say of a dataset: its licence, whom to cite, what it is. Each value is one line of text, by a key such as `license`. */
export type Meta = Readonly<Record<string, string>>;

const KEY = /^[a-z][a-z-]{0,39}$/;
const MAX_VALUE_LENGTH = 1024;
const MAX_ENTRIES = 24;
/** Of all values as they are written: a pointer stays far below what readers take. */
const MAX_WRITTEN_LENGTH = 32 * 1024;
const CONTROL = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/;

/** Completes "it cannot be kept, since …"; undefined if it can be. */
export function problemOfMeta(meta: Meta): string | undefined {
  const entries = Object.entries(meta);
  if (entries.length > MAX_ENTRIES) return `more than ${MAX_ENTRIES} things are said of it`;
  for (const [key, value] of entries) {
    const shown = JSON.stringify(key.slice(0, 60));
    if (!KEY.test(key)) return `${shown} is not a key of small letters and hyphens, 40 at most`;
    if (value === '') return `${shown} says nothing`;
    if (value.length > MAX_VALUE_LENGTH) return `${shown} is longer than ${MAX_VALUE_LENGTH} characters`;
    if (CONTROL.test(value)) return `${shown} has a line end or another control character`;
  }
  const written = entries.reduce((sum, [, value]) => sum + JSON.stringify(value).length, 0);
  return written > MAX_WRITTEN_LENGTH ? 'it is far too long' : undefined;
}

/**
 * Put what is said now in the place of what was said before.
 * @param changes a value, or null to say nothing any more
 * @returns in the order of the keys; undefined if nothing is said
 * @throws VarveError `meta-invalid`, also for an address with a password: everybody who has the repository would have it
 */
export function changedMeta(
  before: Meta | undefined,
  changes: Readonly<Record<string, string | null>>,
  path: string,
): Meta | undefined {
  const entries = new Map(Object.entries(before ?? {}));
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) entries.delete(key);
    else entries.set(key, value);
  }
  const meta = metaInOrder(entries);
  const problem = problemOfSecret(changes) ?? (meta && problemOfMeta(meta));
  if (problem === undefined) return meta;
  throw new VarveError('meta-invalid', `What is said of ${path} cannot be kept: ${problem}`, {
    path,
    remedy:
      'Write short lines, such as `license=CC-BY-4.0`, and addresses as `url=https://host/path`; a longer text belongs into a file that Git has.',
  });
}

/** Of what is said now alone: what a pointer says already is in Git. */
function problemOfSecret(changes: Readonly<Record<string, string | null>>): string | undefined {
  const secret = Object.entries(changes).find(([, value]) => value !== null && holdsSecret(value));
  return (
    secret &&
    `${JSON.stringify(secret[0].slice(0, 60))} has an address with a user, a password or a key, which Git would keep for everybody`
  );
}

/** As it may be shown: the pointers of others may hold addresses with passwords. */
export function withoutSecretsIn(meta: Meta): Meta {
  return Object.fromEntries(Object.entries(meta).map(([key, value]) => [key, shownValue(value)]));
}

function shownValue(value: string): string {
  return holdsSecret(value) ? withoutSecrets(/\s|:\//.test(value) ? value : describeUrl(value)) : value;
}

/** In the order of the keys; undefined if there is none. */
export function metaInOrder(entries: Iterable<readonly [string, string]>): Meta | undefined {
  const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.length === 0 ? undefined : Object.fromEntries(sorted);
}
