import { VarveError } from '../../errors.ts';

/**
 * Protocol buffers' text format (protobuf.dev/reference/protobuf/textformat-spec), kept field by field as it was written,
 * so that what varve does not know, comments included, is printed again as it was read.
 */
export interface TextMessage {
  readonly fields: readonly TextField[];
  /** Comments after the last field. */
  readonly end?: readonly string[];
}

export interface TextField {
  /** A field's name; for a field that is known by number only, the number; in brackets, an extension. */
  readonly name: string;
  /** A scalar as it was written, quotes included, or a message. */
  readonly value: string | TextMessage;
  /** The lines of comment above it, without `#`. */
  readonly above?: readonly string[];
  /** The comment on its line. */
  readonly beside?: string;
}

const MAX_DEPTH = 100;
/** Fields in one file, as in the binary form. */
const MAX_FIELDS = 5_000_000;
const MAX_TEXT_LENGTH = 256 * 2 ** 20;
const TOKEN = /[ \t\r\n]+|#([^\n]*)|(\[[\w./%-]+\])|([-+]?[\w.+-]+)|([{}<>:;,[\]-])/y;

/**
 * Finds the end of the literal that starts with the quote at `start`; 0 if it does not end. By hand, as literals can be
 * huge.
 */
function literalEnd(text: string, start: number): number {
  const quote = text[start];
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at];
    if (character === quote) return at + 1;
    if (character === '\\') at++;
    else if (character === '\n') return 0;
  }
  return 0;
}

interface Token {
  readonly kind: 'comment' | 'string' | 'extension' | 'word' | 'mark' | 'end';
  readonly text: string;
  readonly offset: number;
  readonly newLine: boolean;
}

/** @throws VarveError `tfdv-invalid` with the line if text is not in the text format, or is nested over 100 deep */
export function parseTextProto(text: string, where: string): TextMessage {
  if (text.length > MAX_TEXT_LENGTH) throw invalid(where, text, 0, 'over 256 MiB of text');
  try {
    return new Parser(text, where).message(0, '');
  } catch (error) {
    // What V8 says of a word, comment or gap too long for one regular expression.
    if (error instanceof RangeError) throw invalid(where, text, 0, 'over 10 MiB without a line break');
    throw error;
  }
}

function invalid(where: string, text: string, offset: number, what: string): VarveError {
  const line = text.slice(0, offset).split('\n').length;
  return new VarveError('tfdv-invalid', `${where}:${line}: ${what}.`, {
    remedy: 'Is it a text-format protocol buffer, as TensorFlow Data Validation writes them?',
    path: where,
  });
}

class Parser {
  readonly #text: string;
  readonly #where: string;
  #offset = 0;
  #fields = 0;
  #next: Token;

  constructor(text: string, where: string) {
    this.#text = text;
    this.#where = where;
    this.#next = this.#scan();
  }

  message(depth: number, close: string): TextMessage {
    if (depth > MAX_DEPTH) this.#fail('nested more than 100 deep');
    const fields: TextField[] = [];
    let above = this.#comments();
    while (!(this.#next.kind === 'end' || (this.#next.kind === 'mark' && this.#next.text === close))) {
      const parsed = this.#field(depth, above);
      const beside = this.#next.kind === 'comment' && !this.#next.newLine ? this.#take().text : undefined;
      for (const [index, field] of parsed.entries())
        fields.push(beside !== undefined && index === parsed.length - 1 ? { ...field, beside } : field);
      above = this.#comments();
    }
    if (this.#next.kind === 'end' && close !== '') this.#fail(`\`${close}\` is missing at the end`);
    return above.length === 0 ? { fields } : { fields, end: above };
  }

  #field(depth: number, above: readonly string[]): TextField[] {
    const { kind, text: name } = this.#take();
    if (kind !== 'word' && kind !== 'extension') this.#fail(`expected a field, found \`${name}\``);
    const colon = this.#accept(':');
    const values = this.#accept('[') ? this.#list(depth) : [this.#value(depth, colon)];
    if (!this.#accept(',')) this.#accept(';');
    return values.map((value, index) => ({ name, value, ...(index === 0 && above.length > 0 && { above }) }));
  }

  #list(depth: number): (string | TextMessage)[] {
    const values: (string | TextMessage)[] = [];
    while (!this.#accept(']')) {
      values.push(this.#value(depth, true));
      this.#accept(',');
    }
    return values;
  }

  #value(depth: number, colon: boolean): string | TextMessage {
    this.#comments();
    if (++this.#fields > MAX_FIELDS) this.#fail('more than five million values');
    if (this.#accept('{')) return this.#closed(depth, '}');
    if (this.#accept('<')) return this.#closed(depth, '>');
    const minus = this.#accept('-') ? '-' : '';
    const { kind, text } = this.#take();
    if (!colon || (kind !== 'word' && kind !== 'string')) this.#fail(`expected a value, found \`${text}\``);
    let whole = minus + text;
    while (kind === 'string' && this.#next.kind === 'string') whole += ` ${this.#take().text}`;
    return whole;
  }

  #closed(depth: number, close: string): TextMessage {
    const message = this.message(depth + 1, close);
    this.#take();
    return message;
  }

  #comments(): string[] {
    const lines: string[] = [];
    while (this.#next.kind === 'comment') lines.push(this.#take().text);
    return lines;
  }

  #accept(mark: string): boolean {
    if (this.#next.kind !== 'mark' || this.#next.text !== mark) return false;
    this.#take();
    return true;
  }

  #take(): Token {
    const taken = this.#next;
    if (taken.kind === 'end') this.#fail('the text ends too early');
    this.#next = this.#scan();
    return taken;
  }

  #scan(): Token {
    let newLine = this.#offset === 0;
    while (this.#offset < this.#text.length) {
      const offset = this.#offset;
      const first = this.#text[offset];
      if (first === '"' || first === "'") return this.#literal(offset, newLine);
      TOKEN.lastIndex = offset;
      const match = TOKEN.exec(this.#text);
      if (match === null) this.#unexpected(offset);
      this.#offset = TOKEN.lastIndex;
      const [all, comment, extension, word, mark] = match;
      if (comment !== undefined) return { kind: 'comment', text: comment, offset, newLine };
      if (extension !== undefined) return { kind: 'extension', text: extension, offset, newLine };
      if (word !== undefined) return { kind: 'word', text: word, offset, newLine };
      if (mark !== undefined) return { kind: 'mark', text: mark, offset, newLine };
      newLine ||= all.includes('\n');
    }
    return { kind: 'end', text: 'the end', offset: this.#offset, newLine };
  }

  #literal(offset: number, newLine: boolean): Token {
    const end = literalEnd(this.#text, offset);
    if (end === 0) this.#unexpected(offset);
    this.#offset = end;
    return { kind: 'string', text: this.#text.slice(offset, end), offset, newLine };
  }

  #unexpected(offset: number): never {
    throw invalid(this.#where, this.#text, offset, `unexpected ${JSON.stringify(this.#text[offset])}`);
  }

  #fail(what: string): never {
    throw invalid(this.#where, this.#text, this.#next.offset, what);
  }
}

/** Prints a message in TFDV's own layout: two spaces a level, one field a line. */
export function printTextProto(message: TextMessage, indent = ''): string {
  const comment = (line: string) => `${indent}#${line}\n`;
  const fields = message.fields.map(({ name, value, above = [], beside }) => {
    const side = beside === undefined ? '' : ` #${beside}`;
    const body =
      typeof value === 'string'
        ? `${name}: ${value}${side}\n`
        : `${name} {\n${printTextProto(value, `${indent}  `)}${indent}}${side}\n`;
    return `${above.map(comment).join('')}${indent}${body}`;
  });
  return fields.join('') + (message.end ?? []).map(comment).join('');
}

const ESCAPES: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11 };
const SEQUENCE = /\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3})|([\s\S]))/y;

/** The bytes of a string scalar, adjacent literals joined. */
export function stringBytes(scalar: string): Buffer {
  const bytes = Buffer.alloc(Buffer.byteLength(scalar));
  let length = 0;
  for (let start = scalar.search(/["']/); start >= 0 && start < scalar.length; ) {
    const end = literalEnd(scalar, start) || scalar.length;
    length = unescapeInto(bytes, length, scalar.slice(start + 1, end - 1));
    const gap = scalar.slice(end, end + 64).search(/["']/);
    start = gap < 0 ? -1 : end + gap;
  }
  return bytes.subarray(0, length);
}

/** Writes the bytes of a literal, which are never longer than the literal; returns their end. */
function unescapeInto(bytes: Buffer, start: number, literal: string): number {
  let length = start;
  for (let at = 0; at < literal.length; ) {
    const slash = literal.indexOf('\\', at);
    length += bytes.write(literal.slice(at, slash < 0 ? undefined : slash), length);
    SEQUENCE.lastIndex = slash;
    const match = slash < 0 ? null : SEQUENCE.exec(literal);
    if (match === null) return length;
    length = writeEscape(bytes, length, match);
    at = SEQUENCE.lastIndex;
  }
  return length;
}

function writeEscape(
  bytes: Buffer,
  at: number,
  [, hex, short, long, octet, other = '']: RegExpExecArray,
): number {
  const byte =
    hex !== undefined
      ? Number.parseInt(hex, 16)
      : octet !== undefined
        ? Number.parseInt(octet, 8) & 255
        : ESCAPES[other];
  if (byte !== undefined) return bytes.writeUInt8(byte, at);
  const point = short ?? long;
  return (
    at +
    bytes.write(
      point === undefined ? other : String.fromCodePoint(Math.min(0x10ffff, Number.parseInt(point, 16))),
      at,
    )
  );
}

export function stringText(scalar: string): string {
  return stringBytes(scalar).toString('utf8');
}

/** A string scalar; text stays readable, bytes that are not UTF-8 become octal escapes. */
export function stringScalar(value: string | Uint8Array): string {
  const bytes = Buffer.from(value as string);
  const text = bytes.toString('utf8');
  if (Buffer.from(text).equals(bytes))
    return `"${text.replace(/["\\]/g, '\\$&').replace(ACTING, octal).replace(CI_COMMAND, '#\\043')}"`;
  return `"${[...bytes].map((byte) => (byte >= 32 && byte < 127 && byte !== 34 && byte !== 92 ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`)).join('')}"`;
}

/** Texts that a line of a CI log must not hold: see wording/neutral.ts. */
const CI_COMMAND = /##(?=\[|vso\[|teamcity\[)/gi;
/** Control characters, separators of lines, and what turns the direction of text. */
const ACTING = /[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g;

function octal(character: string): string {
  if (character === '\n') return '\\n';
  return [...Buffer.from(character)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}
