import { BooleanBuilder, TextBuilder, type WordsBuilder } from '../../chunks/column-builders.ts';
import { BinaryFault } from '../binary-fault.ts';
import type { FeatureKind, FeatureSink } from './features.ts';
import type { Wire } from './wire.ts';

/**
 * Reads tf.Example and tf.SequenceExample. Fields that these do not have are passed over, as protocol buffers are read.
 * @see https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/example/example.proto and feature.proto beside it
 */
export function readExample(wire: Wire, start: number, end: number, sink: FeatureSink): void {
  wire.at = start;
  while (wire.at < end) {
    const tag = wire.tag(end);
    if (tag === FIRST) readFeatures(wire, wire.endOfField(end), sink);
    else wire.skip(tag, end);
  }
}

export function readSequenceExample(wire: Wire, start: number, end: number, sink: FeatureSink): void {
  wire.at = start;
  while (wire.at < end) {
    const tag = wire.tag(end);
    if (tag === FIRST) readFeatures(wire, wire.endOfField(end), sink);
    else if (tag === SECOND) readFeatureLists(wire, wire.endOfField(end), sink);
    else wire.skip(tag, end);
  }
}

/** Tags of the first three fields of a message, where they are messages, bytes or lists. */
const FIRST = (1 << 3) | 2;
const SECOND = (2 << 3) | 2;
const THIRD = (3 << 3) | 2;
/** Tags of a first field that is one number. */
const ONE_VARINT = 1 << 3;
const ONE_FIXED_32 = (1 << 3) | 5;

function readFeatures(wire: Wire, end: number, sink: FeatureSink): void {
  while (wire.at < end) {
    const tag = wire.tag(end);
    if (tag === FIRST) readEntry(wire, wire.endOfField(end), sink, readFeature);
    else wire.skip(tag, end);
  }
}

function readFeatureLists(wire: Wire, end: number, sink: FeatureSink): void {
  while (wire.at < end) {
    const tag = wire.tag(end);
    if (tag === FIRST) readEntry(wire, wire.endOfField(end), sink, readFeatureList);
    else wire.skip(tag, end);
  }
}

/** Reads the value of a map's entry, which lies from `from` to `to`, given where its key lies. */
type ReadValue = (
  wire: Wire,
  keyStart: number,
  keyEnd: number,
  from: number,
  to: number,
  sink: FeatureSink,
) => void;

/** Reads an entry of a map: field 1 is the key and field 2 the value, and either may be left out. */
function readEntry(wire: Wire, end: number, sink: FeatureSink, readValue: ReadValue): void {
  let keyStart = wire.at;
  let keyEnd = wire.at;
  let from = end;
  let to = end;
  while (wire.at < end) {
    const tag = wire.tag(end);
    if (tag === FIRST) {
      keyEnd = wire.endOfField(end);
      keyStart = wire.at;
      wire.at = keyEnd;
    } else if (tag === SECOND) {
      to = wire.endOfField(end);
      from = wire.at;
      wire.at = to;
    } else wire.skip(tag, end);
  }
  readValue(wire, keyStart, keyEnd, from, to, sink);
  wire.at = end;
}

function readFeature(
  wire: Wire,
  keyStart: number,
  keyEnd: number,
  from: number,
  to: number,
  sink: FeatureSink,
): void {
  const list = listOf(wire, from, to);
  if (list === 0) {
    sink.leaveEmpty(wire.bytes, keyStart, keyEnd);
    return;
  }
  const kind = KINDS[list]!;
  const end = wire.endOfField(to);
  sink.close(readList(wire, end, kind, sink.open(wire.bytes, keyStart, keyEnd, kind)));
  if (end < to) throw new BinaryFault('one of its features has more than one list');
}

function readFeatureList(
  wire: Wire,
  keyStart: number,
  keyEnd: number,
  from: number,
  to: number,
  sink: FeatureSink,
): void {
  sink.openSequence(wire.bytes, keyStart, keyEnd);
  wire.at = from;
  while (wire.at < to) {
    const tag = wire.tag(to);
    if (tag !== FIRST) {
      wire.skip(tag, to);
      continue;
    }
    const end = wire.endOfField(to);
    const list = listOf(wire, wire.at, end);
    if (list === 0) sink.addEmptyElement();
    else {
      const kind = KINDS[list]!;
      const endOfList = wire.endOfField(end);
      sink.close(readList(wire, endOfList, kind, sink.openElement(kind)));
      if (endOfList < end) throw new BinaryFault('an element of its feature lists has more than one list');
    }
    wire.at = end;
  }
  sink.closeSequence();
}

const KINDS: Readonly<Record<number, FeatureKind>> = {
  [FIRST]: 'bytes',
  [SECOND]: 'float',
  [THIRD]: 'int64',
};

/** Reads the tag of a feature's list; 0 where it has none. */
function listOf(wire: Wire, from: number, to: number): number {
  wire.at = from;
  while (wire.at < to) {
    const tag = wire.tag(to);
    if (tag === FIRST || tag === SECOND || tag === THIRD) return tag;
    wire.skip(tag, to);
  }
  return 0;
}

/** Reads a BytesList, FloatList or Int64List, and gives how many values it has. */
function readList(
  wire: Wire,
  end: number,
  kind: FeatureKind,
  column: TextBuilder | WordsBuilder | BooleanBuilder,
): number {
  if (column instanceof TextBuilder) return readBytes(wire, end, column);
  if (column instanceof BooleanBuilder) return 0;
  return kind === 'float' ? readFloats(wire, end, column) : readIntegers(wire, end, column);
}

function readBytes(wire: Wire, end: number, column: TextBuilder): number {
  let count = 0;
  while (wire.at < end) {
    const tag = wire.tag(end);
    if (tag !== FIRST) {
      wire.skip(tag, end);
      continue;
    }
    const last = wire.endOfField(end);
    column.add(wire.bytes, wire.at, last);
    wire.at = last;
    count++;
  }
  return count;
}

function readFloats(wire: Wire, end: number, column: WordsBuilder): number {
  let count = 0;
  while (wire.at < end) {
    const tag = wire.tag(end);
    if (tag !== FIRST && tag !== ONE_FIXED_32) {
      wire.skip(tag, end);
      continue;
    }
    const last = tag === FIRST ? wire.endOfField(end) : wire.at + 4;
    const values = (last - wire.at) / 4;
    if (last > end || !Number.isInteger(values)) throw new BinaryFault('it ends within a number');
    column.addBytes(wire.bytes, wire.at, values);
    wire.at = last;
    count += values;
  }
  return count;
}

function readIntegers(wire: Wire, end: number, column: WordsBuilder): number {
  let count = 0;
  while (wire.at < end) {
    const tag = wire.tag(end);
    if (tag !== FIRST && tag !== ONE_VARINT) {
      wire.skip(tag, end);
      continue;
    }
    const last = tag === FIRST ? wire.endOfField(end) : end;
    while (wire.at < last) {
      wire.varint64(last);
      column.add64(wire.low, wire.high);
      count++;
      if (tag === ONE_VARINT) break;
    }
  }
  return count;
}
