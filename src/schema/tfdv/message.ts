import { stringScalar, stringText, type TextField, type TextMessage } from './text-proto.ts';

/** Reading and building messages: short names for what every converter does. */

export function messagesOf(of: TextMessage | undefined, name: string): TextMessage[] {
  return (of?.fields ?? []).flatMap((field) =>
    field.name === name && typeof field.value !== 'string' ? [field.value] : [],
  );
}

/**
 * Reads a field as a message. If a field is repeated though it should not be, the last one counts, as protocol buffers
 * have it.
 */
export function messageOf(of: TextMessage | undefined, name: string): TextMessage | undefined {
  return messagesOf(of, name).at(-1);
}

export function scalarsOf(of: TextMessage | undefined, name: string): string[] {
  return (of?.fields ?? []).flatMap((field) =>
    field.name === name && typeof field.value === 'string' ? [field.value] : [],
  );
}

export function scalarOf(of: TextMessage | undefined, name: string): string | undefined {
  return scalarsOf(of, name).at(-1);
}

export function stringOf(of: TextMessage | undefined, name: string): string | undefined {
  const value = scalarOf(of, name);
  return value === undefined ? undefined : stringText(value);
}

/** Reads a field as a number; undefined if it is absent or none. */
export function numberOf(of: TextMessage | undefined, name: string): number | undefined {
  const value = scalarOf(of, name);
  if (value === undefined) return undefined;
  const word = value
    .toLowerCase()
    .replace(/f$/, (end) => (/^-?(0x|inf)/.test(value.toLowerCase()) ? end : ''));
  if (/^-?inf(inity)?$/.test(word)) return word.startsWith('-') ? -Infinity : Infinity;
  if (word === 'nan' || word === '-nan') return Number.NaN;
  const read = Number(word);
  return Number.isNaN(read) ? undefined : read;
}

export function booleanOf(of: TextMessage | undefined, name: string): boolean | undefined {
  const value = scalarOf(of, name);
  return value === undefined ? undefined : /^(true|t|1|True)$/.test(value);
}

export function hasField(of: TextMessage | undefined, name: string): boolean {
  return of?.fields.some((field) => field.name === name) ?? false;
}

type Part = TextField | readonly Part[] | undefined | false;

export function buildMessage(...parts: readonly Part[]): TextMessage {
  return { fields: parts.flat(9).filter((part) => typeof part === 'object') as TextField[] };
}

export function stringField(name: string, value: string | undefined): TextField | undefined {
  return value === undefined ? undefined : { name, value: stringScalar(value) };
}

/** A number, flag or the name of an enum's value. */
export function scalarField(
  name: string,
  value: string | number | bigint | boolean | undefined,
): TextField | undefined {
  return value === undefined
    ? undefined
    : { name, value: typeof value === 'number' ? protoFloatText(value) : String(value) };
}

/** A floating-point number, which TFDV writes with a point. */
export function realField(name: string, value: number | undefined): TextField | undefined {
  return value === undefined
    ? undefined
    : { name, value: Number.isInteger(value) ? value.toFixed(1) : protoFloatText(value) };
}

export function messageField(name: string, value: TextMessage | undefined): TextField | undefined {
  return value === undefined ? undefined : { name, value };
}

/** `Infinity` and `NaN` as the text format spells them. */
export function protoFloatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  return Object.is(value, -0) ? '-0' : String(value);
}
