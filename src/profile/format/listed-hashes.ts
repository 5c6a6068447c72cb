import { hash48, lowerOfBytes, lowerOfWords, upperOfBytes, upperOfWords } from '../hashing/hash.ts';
import { hashNumber } from '../hashing/int64-hash.ts';
import { HASH_END, sketchOf } from '../hashing/sketch.ts';
import type { FeatureProfile, FeatureType, ValueCounts } from '../model/model.ts';

/** Tell whether the sketch of a feature is that of its listed values, so that nothing is lost without it. */
export function sketchFollows({ type, values, distinct }: FeatureProfile): boolean {
  return (
    values.exact && distinct.theta === HASH_END && hashesOfListed(type, values.values) === distinct.hashes
  );
}

type Hash = (text: string) => { readonly upper: number; readonly lower: number } | undefined;

/**
 * The hashes of a sketch of values that are all listed, as ThetaSketch has them: what the counters made of the values follows from their texts,
 * so that a profile need not hold it. Undefined for types, and texts, of which it does not follow.
 */
export function hashesOfListed(type: FeatureType, values: ValueCounts['values']): string | undefined {
  const hash = HASHES[type];
  if (hash === undefined) return undefined;
  const hashes = new Float64Array(values.length);
  for (const [at, [text]] of values.entries()) {
    const found = hash(text);
    if (found === undefined) return undefined;
    hashes[at] = hash48(found.upper, found.lower);
  }
  return sketchOf(hashes.sort(), HASH_END).hashes;
}

const HASHES: Readonly<Partial<Record<FeatureType, Hash>>> = {
  integer: decimal,
  decimal,
  float: double,
  boolean: (text) => hashNumber(text === 'true' ? 1n : 0n, 0),
  string: bytes,
  date: (text) => instant(`${text}T00:00:00.`, 86_400_000_000n),
  timestamp: (text) => instant(text, 1n),
};

function decimal(text: string): ReturnType<Hash> {
  const match = /^-?\d+(?:\.(\d+))?$/.exec(text);
  return match === null ? undefined : hashNumber(BigInt(text.replace('.', '')), match[1]?.length ?? 0);
}

const DOUBLE = new Float64Array(1);
const WORDS = new Int32Array(DOUBLE.buffer);

function double(text: string): ReturnType<Hash> {
  DOUBLE[0] = Number(text);
  return { upper: upperOfWords(WORDS[0]!, WORDS[1]!, 0), lower: lowerOfWords(WORDS[0]!, WORDS[1]!, 0) };
}

const ENCODER = new TextEncoder();

function bytes(text: string): ReturnType<Hash> {
  // The hash reads words of four bytes, and so past the end.
  const encoded = ENCODER.encode(`${text}\0\0\0\0`);
  const view = new DataView(encoded.buffer, encoded.byteOffset, encoded.length);
  const length = encoded.length - 4;
  return { upper: upperOfBytes(view, 0, length), lower: lowerOfBytes(view, 0, length) };
}

/** Counted since 1970 in microseconds, or nanoseconds where the text has nine digits, divided by `unit`. */
function instant(text: string, unit: bigint): ReturnType<Hash> {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d*)Z?$/.exec(text);
  if (match === null) return undefined;
  const milliseconds = Date.parse(`${match[1]}Z`);
  if (Number.isNaN(milliseconds)) return undefined;
  const digits = match[2] === '' ? 6 : match[2]!.length;
  const units = (BigInt(milliseconds) * 10n ** BigInt(digits)) / 1000n + BigInt(match[2] || 0);
  return hashNumber(units / unit, 0);
}
