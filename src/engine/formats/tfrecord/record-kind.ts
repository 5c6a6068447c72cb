/** Messages that are kept in files of records. */
export type RecordKind = 'example' | 'sequence-example' | 'prediction-log' | 'statistics';

/** The fields of a message: what each holds, or the types on the wire that it may have. */
interface Grammar {
  readonly [field: number]: Grammar | readonly number[];
}

const VARINT = 0;
const FIXED_64 = 1;
const BYTES = 2;
const FIXED_32 = 5;

const FEATURE: Grammar = { 1: { 1: [BYTES] }, 2: { 1: [BYTES, FIXED_32] }, 3: { 1: [BYTES, VARINT] } };
const FEATURES: Grammar = { 1: { 1: [BYTES], 2: FEATURE } };
const EXAMPLE: Grammar = { 1: FEATURES };
const SEQUENCE_EXAMPLE: Grammar = { 1: FEATURES, 2: { 1: { 1: [BYTES], 2: { 1: FEATURE } } } };
const MODEL_SPEC: Grammar = { 1: [BYTES], 2: { 1: [VARINT] }, 3: [BYTES], 4: [BYTES] };
const INPUT: Grammar = { 1: { 1: EXAMPLE }, 2: { 1: EXAMPLE, 2: EXAMPLE } };
const LOG_OF_INPUT: Grammar = { 1: { 1: MODEL_SPEC, 2: INPUT }, 2: [BYTES] };
const PREDICTION_LOG: Grammar = {
  1: { 1: MODEL_SPEC, 2: [BYTES], 3: [BYTES], 4: [VARINT], 5: [BYTES], 6: [BYTES], 7: [BYTES] },
  2: LOG_OF_INPUT,
  3: LOG_OF_INPUT,
  4: { 1: { 1: [BYTES], 2: INPUT }, 2: [BYTES] },
  5: { 1: { 1: MODEL_SPEC, 2: [BYTES], 3: [BYTES], 4: [BYTES], 5: [BYTES], 6: [VARINT] }, 2: [BYTES] },
  6: { 1: { 1: MODEL_SPEC, 2: [BYTES], 3: [BYTES], 5: [BYTES], 6: [BYTES] }, 2: [BYTES] },
  7: { 1: [BYTES], 2: [BYTES] },
};
const STATISTICS: Grammar = { 1: { 1: [BYTES], 2: [VARINT], 3: [BYTES], 4: [FIXED_64], 5: [BYTES] } };

/**
 * The first that fits is taken: an Example is a SequenceExample without feature lists too, and a log of classification may look like one with.
 * @see https://github.com/tensorflow/serving/blob/master/tensorflow_serving/apis/prediction_log.proto
 * @see https://github.com/tensorflow/metadata/blob/master/tensorflow_metadata/proto/v0/statistics.proto
 */
const GRAMMARS: readonly (readonly [RecordKind, Grammar])[] = [
  ['example', EXAMPLE],
  ['prediction-log', PREDICTION_LOG],
  ['sequence-example', SEQUENCE_EXAMPLE],
  ['statistics', STATISTICS],
];

/**
 * Tells which message bytes hold, by its fields: no file of records says it. Undefined where it is none of them; an empty message is an
 * Example.
 * @param end where the message ends. Where that is behind the bytes, what there is of it counts.
 */
export function recordKindOf(bytes: Uint8Array, start: number, end: number): RecordKind | undefined {
  return GRAMMARS.find(([, grammar]) => fits(bytes, start, end, grammar))?.[0];
}

/** @param end of the message, which has no field beyond it */
function fits(bytes: Uint8Array, start: number, end: number, grammar: Grammar): boolean {
  for (let at = start; at < Math.min(end, bytes.length); ) {
    const [tag, value] = varintAt(bytes, at);
    if (value > bytes.length) return true;
    const held = grammar[Math.floor(tag / 8)];
    if (held === undefined || !typesOf(held).includes(tag % 8)) return false;
    const [from, behind] = placeOf(bytes, value, tag % 8);
    if (behind > end || (!isTypes(held) && !fits(bytes, from, behind, held))) return false;
    at = behind;
  }
  return true;
}

function isTypes(held: Grammar | readonly number[]): held is readonly number[] {
  return Array.isArray(held);
}

function typesOf(held: Grammar | readonly number[]): readonly number[] {
  return isTypes(held) ? held : [BYTES];
}

/** Where the bytes of a field of a type lie, whose number or length stands at `at`. */
function placeOf(bytes: Uint8Array, at: number, type: number): readonly [from: number, end: number] {
  if (type === FIXED_64 || type === FIXED_32) return [at, at + (type === FIXED_64 ? 8 : 4)];
  const [number, behind] = varintAt(bytes, at);
  return type === VARINT ? [at, behind] : [behind, behind + number];
}

/** A number, and where it ends, which is behind the bytes if they end within it. */
function varintAt(bytes: Uint8Array, start: number): readonly [number: number, end: number] {
  let number = 0;
  for (let at = start; at < bytes.length && at < start + 10; at++) {
    number += (bytes[at]! & 127) * 2 ** (7 * (at - start));
    if (bytes[at]! < 128) return [number, at + 1];
  }
  return [number, Math.min(bytes.length, start + 10) + 1];
}
