import { isMap, isScalar, isSeq, type LineCounter, type Node, type Pair, type YAMLMap } from 'yaml';
import { VarveError } from '../../errors.ts';
import type { Bounds, Range } from '../model.ts';
import { isDecimal } from './exact.ts';

/** The place of a node, so that a fault names its file, line and column. */
export interface YamlSource {
  readonly where: string;
  readonly lines: LineCounter;
}

/** The form of one value in the file: `read` checks and takes it, `write` gives plain data for it. */
export interface Codec<T> {
  read(node: Node | null, source: YamlSource): T;
  write(value: T): unknown;
}

/** @throws VarveError `schema-invalid`, always */
export function fault(source: YamlSource, node: Node | null | undefined, message: string): never {
  const offset = node?.range?.[0];
  const at = offset === undefined ? undefined : source.lines.linePos(offset);
  const place = at === undefined || at.line === 0 ? source.where : `${source.where}:${at.line}:${at.col}`;
  throw new VarveError('schema-invalid', `${place}: ${message}`, {
    remedy: 'Correct the line; docs/reference/schema.md lists every key and what it takes.',
    path: source.where,
  });
}

/** A scalar as it was typed, so that `9E`, `1.0` and `2013-01-01` stay what the person wrote. */
function scalarText(node: Node | null, source: YamlSource, expected: string): string {
  if (!isScalar(node))
    fault(
      source,
      node,
      `expected ${expected}${isMap(node) ? ', found a map' : isSeq(node) ? ', found a list' : ''}.`,
    );
  if (typeof node.value === 'string') return node.value;
  if (node.value === null || node.source === undefined)
    fault(source, node, `expected ${expected}, found nothing; quote it if it is text.`);
  return node.source;
}

/** Text; numbers and the like are taken as they were typed. */
export const TEXT_CODEC: Codec<string> = {
  read: (node, source) => scalarText(node, source, 'text'),
  write: (value) => value,
};

export const FLAG_CODEC: Codec<boolean> = {
  read(node, source) {
    const typed = scalarText(node, source, '`true` or `false`');
    if (typed !== 'true' && typed !== 'false')
      fault(source, node, `expected \`true\` or \`false\`, found \`${typed}\`.`);
    return typed === 'true';
  },
  write: (value) => value,
};

/** A finite number from `min` to `max`, whole where `whole` says so. */
export function numberCodec(what: string, min: number, max: number, whole = false): Codec<number> {
  return {
    read(node, source) {
      const typed = scalarText(node, source, what);
      const value = isDecimal(typed) ? Number(typed) : Number.NaN;
      if (!(value >= min && value <= max) || (whole && !Number.isSafeInteger(value)))
        fault(source, node, `expected ${what}, found \`${typed}\`.`);
      return value;
    },
    write: (value) => value,
  };
}

export const FRACTION_CODEC = numberCodec('a fraction from 0 to 1', 0, 1);
export const COUNT_CODEC = numberCodec('a whole number, 0 or more', 0, Number.MAX_SAFE_INTEGER, true);
export const AMOUNT_CODEC = numberCodec('a number, 0 or more', 0, Number.MAX_VALUE);

export function oneOfCodec<T extends string>(...allowed: readonly T[]): Codec<T> {
  return {
    read(node, source) {
      const typed = scalarText(node, source, `one of ${allowed.join(', ')}`);
      const found = allowed.find((choice) => choice === typed);
      return found ?? fault(source, node, `expected one of ${allowed.join(', ')}, found \`${typed}\`.`);
    },
    write: (value) => value,
  };
}

export function listCodec<T>(item: Codec<T>): Codec<readonly T[]> {
  return {
    read(node, source) {
      if (!isSeq(node)) fault(source, node, 'expected a list.');
      return node.items.map((entry) => item.read(entry as Node | null, source));
    },
    write: (values) => values.map((value) => item.write(value)),
  };
}

/** Reads one value or a list of them; writes a list of one without the list. */
export function oneOrListCodec<T>(item: Codec<T>): Codec<readonly T[]> {
  const many = listCodec(item);
  return {
    read: (node, source) => (isSeq(node) ? many.read(node, source) : [item.read(node, source)]),
    write: (values) => (values.length === 1 ? item.write(values[0] as T) : many.write(values)),
  };
}

/** A map from names to `item`s, in the order of the file. */
export function dictionaryCodec<T>(item: Codec<T>): Codec<Readonly<Record<string, T>>> {
  return {
    read: (node, source) =>
      Object.fromEntries(
        pairs(node, source).map(({ key, pair }) => [key, item.read(pair.value as Node | null, source)]),
      ),
    write: (values) =>
      Object.fromEntries(Object.entries(values).map(([key, value]) => [key, item.write(value)])),
  };
}

export interface NamedPair {
  readonly key: string;
  readonly pair: Pair;
  readonly comment: string | undefined;
}

/** The entries of a map with their keys as text and the comments above them. */
export function pairs(node: Node | null, source: YamlSource): NamedPair[] {
  if (!isMap(node)) fault(source, node, 'expected a map of `key: value` lines.');
  const map: YAMLMap = node;
  return map.items.map((pair, index) => {
    const key = scalarText(pair.key as Node | null, source, 'a key');
    const above = (pair.key as Node).commentBefore ?? (index === 0 ? map.commentBefore : undefined);
    return { key, pair, comment: above ?? undefined };
  });
}

/** One key of a `record`: its name in the file and how its value stands there. */
export interface Field<T> {
  readonly property: keyof T & string;
  readonly key: string;
  readonly codec: Codec<never>;
}

export function keyed<T, P extends keyof T & string>(
  property: P,
  codec: Codec<Exclude<T[P], undefined>>,
  key: string = property,
): Field<T> {
  return { property, key, codec: codec as unknown as Codec<never> };
}

/** A map with known keys; any other key is a fault, with the nearest known one as a hint. */
export function recordCodec<T extends object>(fields: readonly Field<T>[], defaults: T): Codec<T> {
  return {
    read(node, source) {
      const read: Record<string, unknown> = { ...(defaults as Record<string, unknown>) };
      for (const { key, pair } of pairs(node, source)) {
        const known = fields.find((candidate) => candidate.key === key);
        if (known === undefined)
          fault(
            source,
            pair.key as Node,
            `unknown key \`${key}\`; known are ${fields.map((each) => each.key).join(', ')}.`,
          );
        read[known.property] = known.codec.read(pair.value as Node | null, source);
      }
      return read as T;
    },
    write(value) {
      const written: Record<string, unknown> = {};
      for (const each of fields) {
        const part = value[each.property as keyof T];
        const plain = part === undefined ? undefined : each.codec.write(part as never);
        if (plain !== undefined && !isEmpty(plain)) written[each.key] = plain;
      }
      return written;
    },
  };
}

function isEmpty(value: unknown): boolean {
  if (value instanceof Map) return value.size === 0;
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/** Reads and writes `{ min: 1, max: 5 }`; an end that is absent is open. */
export function boundsCodec(end: Codec<number>): Codec<Bounds> {
  const both = recordCodec<Bounds>([keyed('min', end), keyed('max', end)], {});
  return {
    read(node, source) {
      const value = both.read(node, source);
      if (value.min !== undefined && value.max !== undefined && value.min > value.max)
        fault(source, node, `min ${value.min} is more than max ${value.max}.`);
      return value;
    },
    write: (value) => both.write(value),
  };
}

const ISO_TIME = /^(\d{4,6}-\d\d-\d\d)?([T ]?\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?$/;

/** The end of a range: a decimal number of any size, or an ISO 8601 date or time. Numbers are written without quotes. */
const RANGE_END: Codec<string> = {
  read(node, source) {
    const typed = scalarText(node, source, 'a number, date or time').replace(/^\+/, '');
    if (!isDecimal(typed) && (typed === '' || !ISO_TIME.test(typed)))
      fault(source, node, `expected a number, date or time, found \`${typed}\`.`);
    return typed;
  },
  write: plainNumber,
};

/** Gives a number or bigint if that prints as the same text, else the text itself (which YAML then quotes). */
function plainNumber(value: string): number | bigint | string {
  if (String(Number(value)) === value) return Number(value);
  return /^-?[1-9]\d*$/.test(value) ? BigInt(value) : value;
}

export const RANGE_CODEC: Codec<Range> = recordCodec<Range>(
  [keyed('min', RANGE_END), keyed('max', RANGE_END)],
  {},
);
