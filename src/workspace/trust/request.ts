import { type ErrorCode, VarveError } from '../../errors.ts';
import { type Digest, digestOf } from '../../store/format/digest.ts';

/** What settings that may have come through Git ask of this machine. They take effect only when this machine has agreed to just that. */
export interface TrustRequest {
  readonly about:
    | 'remote'
    | 'cache'
    | 'source'
    | 'import'
    | 'database'
    | 'topic'
    | 'code'
    | 'link'
    | 'keep'
    | 'lineage';
  /**
   * Name of the remote, URL of the source, address that data is imported from, or path of a dataset; '' for the cache and for lineage. It is for messages:
   * one place by two names is one request.
   */
  readonly name: string;
  readonly facts: readonly Fact[];
}

/** One setting. */
export interface Fact {
  readonly key: string;
  /** The value as it takes effect, or its SHA-256 if it is a secret. */
  readonly value: string;
  /** The file that says so, relative to the repository. */
  readonly file: string;
}

/** The part of a request that is remembered: neither name nor file, which may change without a change of what is asked. */
export interface Agreed {
  readonly about: TrustRequest['about'];
  readonly facts: readonly (readonly [key: string, value: string])[];
}

const VERSION = 1;
const UNUSABLE: readonly ErrorCode[] = ['remote-url-invalid', 'remote-scheme-unknown', 'remote-unknown'];

export function agreedOf({ about, facts }: TrustRequest): Agreed {
  const pairs = facts.map(({ key, value }) => [key, value] as const);
  return { about, facts: pairs.sort(([a], [b]) => (a < b ? -1 : 1)) };
}

/** SHA-256 of the settings in one canonical form: `["varve trust",1,about,[[key,value],…]]` as JSON, keys in order. */
export function fingerprintOf({ about, facts }: Agreed): Digest {
  return digestOf(Buffer.from(JSON.stringify(['varve trust', VERSION, about, facts])));
}

export function fingerprint(request: TrustRequest): Digest {
  return fingerprintOf(agreedOf(request));
}

/** Make a request; undefined for settings that cannot be used, since their URL or a name in it means nothing. */
export function usable(read: () => TrustRequest | undefined): TrustRequest | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof VarveError && UNUSABLE.includes(error.code)) return undefined;
    throw error;
  }
}

/** `remote origin`, `the cache`, `data beside code in src/tab`, `the cache keeping nothing that origin has`. */
export function subjectOf({ about, name }: Pick<TrustRequest, 'about' | 'name'>): string {
  if (about === 'code') return `data beside code in ${visible(name)}`;
  if (about === 'keep') return `the cache keeping nothing that ${visible(name)} has`;
  if (about === 'lineage') return 'where events of OpenLineage go';
  return about === 'cache' ? 'the cache' : `${about} ${visible(name)}`;
}

/** One fact a line, with its file. */
export function factLines(facts: readonly Fact[]): string[] {
  const width = Math.max(...facts.map(({ key }) => key.length));
  return facts.map(({ key, value, file }) => `${key.padEnd(width)}  ${visible(value)}  (${file})`);
}

/**
 * A value from settings on one line, as it is: signs that steer a terminal, and letters that look like others, are written by their
 * numbers. Letters of paths stay.
 */
export function visible(value: string): string {
  const isPath = !value.includes('://') && /[\\/]/.test(value);
  const hidden = isPath ? /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu : /[^\x20-\x7e]/gu;
  return value.replace(hidden, (sign) => `\\u{${sign.codePointAt(0)!.toString(16)}}`);
}
