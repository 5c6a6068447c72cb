import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { writeTfRecord } from '../../src/schema/tfdv/tfrecord.ts';

/** A message by the numbers of its fields: bytes, texts, other messages, or numbers as varints; an array is a repeated field. */
export type Message = { readonly [field: number]: Value | readonly Value[] };
type Value = Uint8Array | string | bigint | number | boolean | Message;

export function message(fields: Message): Uint8Array {
  const writer = new BinaryWriter();
  for (const [number, value] of Object.entries(fields))
    for (const each of Array.isArray(value) ? value : [value]) write(writer, Number(number), each as Value);
  return writer.finish();
}

function write(writer: BinaryWriter, number: number, value: Value): void {
  if (typeof value === 'string') writer.tag(number, WireType.LengthDelimited).string(value);
  else if (value instanceof Uint8Array) writer.tag(number, WireType.LengthDelimited).bytes(value);
  else if (typeof value === 'object') writer.tag(number, WireType.LengthDelimited).bytes(message(value));
  else writer.tag(number, WireType.Varint).int64(BigInt(value));
}

/** A list of a tf.Example: bigints are an Int64List, numbers a FloatList, the rest a BytesList; null is a feature without a list. */
export type Feature = readonly (bigint | number | string | Uint8Array)[] | null;

export function featureOf(values: Feature): Message {
  if (values === null) return {};
  const [first] = values;
  if (typeof first === 'bigint') {
    const writer = new BinaryWriter();
    for (const value of values) writer.int64(value as bigint);
    return { 3: { 1: writer.finish() } };
  }
  if (typeof first === 'number')
    return { 2: { 1: new Uint8Array(Float32Array.from(values as number[]).buffer) } };
  return { 1: { 1: values as string[] } };
}

type Features = Readonly<Record<string, Feature>>;

function featuresOf(features: Features): Message {
  return { 1: Object.entries(features).map(([key, values]) => ({ 1: key, 2: featureOf(values) })) };
}

export function example(features: Features): Uint8Array {
  return message({ 1: featuresOf(features) });
}

export function sequenceExample(
  context: Features,
  lists: Readonly<Record<string, readonly Feature[]>>,
): Uint8Array {
  const entries = Object.entries(lists).map(([key, elements]) => ({
    1: key,
    2: { 1: elements.map(featureOf) },
  }));
  return message({ 1: featuresOf(context), 2: { 1: entries } });
}

export function tfRecords(...records: readonly Uint8Array[]): Buffer {
  return Buffer.concat(records.map(writeTfRecord));
}
