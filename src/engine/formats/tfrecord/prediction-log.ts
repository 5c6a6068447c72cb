import { BooleanBuilder, TextBuilder, type ValueBuilder } from '../../chunks/column-builders.ts';
import { BinaryFault } from '../binary-fault.ts';
import { readExample } from './example.ts';
import type { FeatureKind, FeatureSink } from './features.ts';
import { recordKindOf } from './record-kind.ts';
import type { Wire } from './wire.ts';

/** Tags of fields that are messages or bytes, by their numbers. */
const tagOf = (field: number) => (field << 3) | 2;

/** The logs of a PredictionLog by their field, with the field of their request's input; undefined where there is no input that is rows. */
const LOGS: Readonly<Record<number, readonly [name: string, input: number | undefined]>> = {
  2: ['ClassifyLog', 2],
  3: ['RegressLog', 2],
  4: ['MultiInferenceLog', 2],
  5: ['SessionRunLog', undefined],
  6: ['PredictLog', 2],
  7: ['PredictStreamedLog', undefined],
};
const PREDICT_LOG = 6;

/**
 * Reads the inputs of a request that TensorFlow Serving logged: each Example is a row, and so is each element of a batch of tensors.
 * @see https://github.com/tensorflow/serving/blob/master/tensorflow_serving/apis/prediction_log.proto
 * @param mostValues of all tensors of the request together
 * @throws BinaryFault where the log is of a kind without such inputs, or a tensor is of a type that no column is
 */
export function readPredictionLog(
  wire: Wire,
  start: number,
  end: number,
  sink: FeatureSink,
  mostValues = MAX_VALUES_OF_REQUEST,
): void {
  wire.at = start;
  while (wire.at < end) {
    const tag = wire.tag(end);
    const log = LOGS[tag >>> 3];
    if (log === undefined || (tag & 7) !== 2) {
      wire.skip(tag, end);
      continue;
    }
    const [name, input] = log;
    if (input === undefined)
      throw new BinaryFault(`it is a ${name}, whose request is no Examples and no batch of tensors`);
    const endOfLog = wire.endOfField(end);
    for (const request of fieldsOf(wire, wire.at, endOfLog, 1)) {
      const inputs = fieldsOf(wire, request.start, request.end, input);
      if (tag >>> 3 === PREDICT_LOG) readTensors(wire, inputs, sink, mostValues);
      else for (const part of inputs) readInput(wire, part, sink);
    }
    wire.at = endOfLog;
  }
}

interface Part {
  readonly start: number;
  readonly end: number;
}

/** The places of all fields of one number that are bytes or messages. */
function fieldsOf(wire: Wire, start: number, end: number, field: number): Part[] {
  const found: Part[] = [];
  wire.at = start;
  while (wire.at < end) {
    const tag = wire.tag(end);
    if (tag !== tagOf(field)) {
      wire.skip(tag, end);
      continue;
    }
    const last = wire.endOfField(end);
    found.push({ start: wire.at, end: last });
    wire.at = last;
  }
  return found;
}

/** Reads tensorflow.serving.Input: a list of Examples, or one whose Examples share the features of another. */
function readInput(wire: Wire, { start, end }: Part, sink: FeatureSink): void {
  for (const list of fieldsOf(wire, start, end, 1))
    for (const example of fieldsOf(wire, list.start, list.end, 1)) {
      readExample(wire, example.start, example.end, sink);
      sink.endRow(example.end - example.start);
    }
  for (const list of fieldsOf(wire, start, end, 2)) {
    const shared = fieldsOf(wire, list.start, list.end, 2);
    for (const example of fieldsOf(wire, list.start, list.end, 1)) {
      for (const part of [...shared, example]) readExample(wire, part.start, part.end, sink);
      sink.endRow(example.end - example.start);
    }
  }
}

/** Reads tensors by their names, whose first dimension is the batch. One that is a single value holds for every row. */
function readTensors(wire: Wire, entries: readonly Part[], sink: FeatureSink, mostValues: number): void {
  let left = mostValues;
  const tensors = entries.map((entry) => {
    const tensor = tensorOf(wire, entry, Math.min(left, MAX_VALUES));
    left -= tensor.values.length;
    return tensor;
  });
  const batches = new Set(tensors.flatMap(({ rows }) => rows ?? []));
  if (batches.size > 1) throw new BinaryFault('its tensors have different numbers of rows');
  const [rows = tensors.length > 0 ? 1 : 0] = batches;
  const bytes = entries.reduce((sum, { start, end }) => sum + end - start, 0) / Math.max(rows, 1);
  for (let row = 0; row < rows; row++) {
    for (const tensor of tensors) addRow(wire, tensor, tensor.rows === undefined ? 0 : row, sink);
    sink.endRow(bytes);
  }
}

function addRow(
  wire: Wire,
  { key, type, width, values, holdsExamples }: Tensor,
  row: number,
  sink: FeatureSink,
): void {
  if (holdsExamples) {
    const { start, end } = values[row] as Part;
    readExample(wire, start, end, sink);
    return;
  }
  const column = sink.open(key, 0, key.length, type.kind);
  for (let index = row * width; index < (row + 1) * width; index++) add(wire, column, type, values[index]!);
  sink.close(width);
}

function add(wire: Wire, column: ValueBuilder, { kind }: TensorType, value: TensorValue): void {
  if (typeof value === 'object') {
    if (column instanceof TextBuilder) column.add(wire.bytes, value.start, value.end);
  } else if (column instanceof BooleanBuilder) column.add(value !== 0);
  else if (!(column instanceof TextBuilder)) {
    if (kind === 'int64') SCRATCH.writeBigInt64LE(BigInt(value));
    else if (kind === 'float') SCRATCH.writeFloatLE(Number(value));
    else SCRATCH.writeDoubleLE(Number(value));
    column.addBytes(SCRATCH, 0, 1);
  }
}

/** A number as its bytes. */
const SCRATCH = Buffer.alloc(8);

/** A number, or where bytes lie in the record. */
type TensorValue = number | bigint | Part;

interface Tensor {
  readonly key: Buffer;
  readonly type: TensorType;
  /** Undefined where it is one value without dimensions. */
  readonly rows: number | undefined;
  /** Values of a row. */
  readonly width: number;
  readonly values: readonly TensorValue[];
  readonly holdsExamples: boolean;
}

/** How values of a type of tensor lie in a TensorProto. */
interface TensorType {
  readonly kind: FeatureKind;
  /** The field that has them one by one. */
  readonly field: number;
  /** Bytes of one in `tensor_content`, and of a number in that field if it is no varint. */
  readonly size: number;
  readonly read: (bytes: Buffer, at: number) => number | bigint;
}

/** By the numbers of tensorflow.DataType: https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/framework/types.proto */
const TYPES: Readonly<Record<number, TensorType>> = {
  1: { kind: 'float', field: 5, size: 4, read: (bytes, at) => bytes.readFloatLE(at) },
  2: { kind: 'double', field: 6, size: 8, read: (bytes, at) => bytes.readDoubleLE(at) },
  3: { kind: 'int64', field: 7, size: 4, read: (bytes, at) => bytes.readInt32LE(at) },
  4: { kind: 'int64', field: 7, size: 1, read: (bytes, at) => bytes.readUInt8(at) },
  5: { kind: 'int64', field: 7, size: 2, read: (bytes, at) => bytes.readInt16LE(at) },
  6: { kind: 'int64', field: 7, size: 1, read: (bytes, at) => bytes.readInt8(at) },
  7: { kind: 'bytes', field: 8, size: 0, read: () => 0 },
  9: { kind: 'int64', field: 10, size: 8, read: (bytes, at) => bytes.readBigInt64LE(at) },
  10: { kind: 'boolean', field: 11, size: 1, read: (bytes, at) => bytes.readUInt8(at) },
  17: { kind: 'int64', field: 7, size: 2, read: (bytes, at) => bytes.readUInt16LE(at) },
  22: { kind: 'int64', field: 16, size: 4, read: (bytes, at) => bytes.readUInt32LE(at) },
};

/** Values of one tensor: a few bytes can say that they are any number of equal ones. */
const MAX_VALUES = 2 ** 24;
/** Those of all tensors of one request, which are in memory together. */
const MAX_VALUES_OF_REQUEST = 2 ** 26;

/** Reads an entry of the map from names to tensors. */
function tensorOf(wire: Wire, entry: Part, mostValues: number): Tensor {
  const [name] = fieldsOf(wire, entry.start, entry.end, 1);
  const [proto = { start: entry.end, end: entry.end }] = fieldsOf(wire, entry.start, entry.end, 2);
  const key = Buffer.from(name === undefined ? '' : wire.bytes.subarray(name.start, name.end));
  const dataType = Number(varintsOf(wire, proto, 1)[0] ?? 0n);
  const type = TYPES[dataType];
  if (type === undefined)
    throw new BinaryFault(
      `its tensor ${JSON.stringify(key.toString())} is of type ${dataType} of tensorflow.DataType`,
    );
  const [shape] = fieldsOf(wire, proto.start, proto.end, 2);
  const sizes = (shape === undefined ? [] : fieldsOf(wire, shape.start, shape.end, 2)).map((dimension) =>
    Number(BigInt.asIntN(64, varintsOf(wire, dimension, 1)[0] ?? 0n)),
  );
  const count = sizes.reduce((product, size) => product * size, 1);
  if (sizes.some((size) => size < 0) || count > mostValues)
    throw new BinaryFault(`its tensor ${JSON.stringify(key.toString())} is of a size that is not read`);
  const found =
    type.kind === 'bytes' ? fieldsOf(wire, proto.start, proto.end, 8) : numbersOf(wire, proto, type);
  // A value that is left out is that before it.
  const last = found.at(-1) ?? (type.kind === 'bytes' ? { start: 0, end: 0 } : 0);
  const values = Array.from({ length: count }, (_, index) => found[index] ?? last);
  const [rows] = sizes;
  const width = rows === undefined ? 1 : rows === 0 ? 0 : count / rows;
  return { key, type, rows, width, values, holdsExamples: width === 1 && areExamples(wire, values) };
}

/** Whether values are tf.Examples as bytes. An empty one is, and says nothing. */
function areExamples(wire: Wire, values: readonly TensorValue[]): boolean {
  const isExample = (value: TensorValue) =>
    typeof value === 'object' &&
    recordKindOf(wire.bytes.subarray(0, value.end), value.start, value.end) === 'example';
  return (
    values.every(isExample) && values.some((value) => typeof value === 'object' && value.end > value.start)
  );
}

function numbersOf(wire: Wire, proto: Part, { field, size, read, kind }: TensorType): (number | bigint)[] {
  const [content] = fieldsOf(wire, proto.start, proto.end, 4);
  if (content !== undefined) return fixedNumbers(wire, content, size, read);
  if (kind !== 'float' && kind !== 'double')
    return varintsOf(wire, proto, field).map((value) => BigInt.asIntN(64, value));
  const found: (number | bigint)[] = [];
  wire.at = proto.start;
  while (wire.at < proto.end) {
    const tag = wire.tag(proto.end);
    const start = wire.at;
    wire.skip(tag, proto.end);
    if (tag >>> 3 !== field) continue;
    const packed = (tag & 7) === 2;
    if (packed) wire.at = start;
    const end = packed ? wire.endOfField(proto.end) : wire.at;
    found.push(...fixedNumbers(wire, { start: packed ? wire.at : start, end }, size, read));
    wire.at = end;
  }
  return found;
}

function fixedNumbers(
  wire: Wire,
  { start, end }: Part,
  size: number,
  read: TensorType['read'],
): (number | bigint)[] {
  return Array.from({ length: Math.floor((end - start) / size) }, (_, index) =>
    read(wire.bytes, start + index * size),
  );
}

/** The numbers of a field, packed or one by one. */
function varintsOf(wire: Wire, { start, end }: Part, field: number): bigint[] {
  const found: bigint[] = [];
  wire.at = start;
  while (wire.at < end) {
    const tag = wire.tag(end);
    if (tag !== field << 3 && tag !== tagOf(field)) {
      wire.skip(tag, end);
      continue;
    }
    const last = tag === tagOf(field) ? wire.endOfField(end) : end;
    while (wire.at < last) {
      wire.varint64(last);
      found.push((BigInt(wire.high >>> 0) << 32n) | BigInt(wire.low >>> 0));
      if (tag !== tagOf(field)) break;
    }
  }
  return found;
}
