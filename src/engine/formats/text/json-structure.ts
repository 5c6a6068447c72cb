import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { VarveError } from '../../../errors.ts';
import { placeIn, type SourceFile, shownPath } from '../../source-file.ts';
import { decompressor } from '../decompress.ts';
import { MAX_DEPTH, tooDeep } from '../depth.ts';

/** How much of a file is looked at in one turn, in bytes. */
const PIECE = 1024 * 1024;

const OPENS = 1;
const CLOSES = 2;
const QUOTE = 3;
const LINE_FEED = 4;
const CONTROL = 5;
const KINDS = new Uint8Array(256);
for (let byte = 0; byte < 0x20; byte++) KINDS[byte] = CONTROL;
for (const [characters, kind] of [
  ['{[', OPENS],
  ['}]', CLOSES],
  ['"', QUOTE],
  ['\n', LINE_FEED],
  ['\t\r', 0],
] as const)
  for (const character of characters) KINDS[character.charCodeAt(0)] = kind;
const BACKSLASH = 0x5c;
const DOUBLE_QUOTE = 0x22;
const COMMA = 0x2c;
const BRACE = 0x7b;
const SPACE = 0x20;

/**
 * Refuses JSON that is nested too deeply before any reader calls itself over it, and what the engine reads though it is no JSON (RFC 8259): a
 * comma before a closing bracket, a value that is not closed, a second value behind an array, control characters, nothing at all. Looks at
 * brackets outside of strings only, at some 600 MB a second.
 * @param byLine whether each line is a value of its own
 * @throws VarveError `data-too-deep` or `table-unreadable`, with the line
 */
export async function assertJsonStructure(
  file: SourceFile,
  byLine: boolean,
  signal?: AbortSignal,
): Promise<void> {
  const structure = new Structure(byLine);
  let fault: Fault | undefined;
  try {
    await pipeline(
      createReadStream(file.absolutePath, { highWaterMark: PIECE }),
      decompressor(file),
      async (pieces: AsyncIterable<Buffer>) => {
        for await (const piece of pieces) {
          fault = structure.faultIn(piece);
          if (fault !== undefined) return;
        }
        fault = structure.faultAtEnd();
      },
      { signal },
    );
  } catch {
    signal?.throwIfAborted();
    // What is damaged is said of the file as a whole.
  }
  if (fault === 'deep') throw tooDeep(file, structure.line);
  if (fault !== undefined) throw noJson(file, structure.line, fault);
}

function noJson(file: SourceFile, line: number, what: string): VarveError {
  return new VarveError('table-unreadable', `${placeIn(file, line)}: ${what}`, {
    remedy: 'Check that the file is whole and of the format that its name says.',
    path: shownPath(file),
  });
}

/** `deep`, or what is wrong in words. */
type Fault = string;

/** Follows brackets over the pieces of a file. */
class Structure {
  readonly #byLine: boolean;
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** What the first value is, outermost: later ones, if any, are objects too. */
  #first: 'nothing' | 'object' | 'another' = 'nothing';
  #isEmpty = true;
  /** Whether a comma is the last thing in the piece before. */
  #endsWithComma = false;
  /** Where it is, counted from 1. */
  line = 1;

  constructor(byLine: boolean) {
    this.#byLine = byLine;
  }

  /** What is wrong with the next piece; `line` is where then. */
  faultIn(piece: Uint8Array): Fault | undefined {
    this.#isEmpty &&= piece.every((byte) => byte <= SPACE);
    let at = this.#inString ? this.#endOfString(piece, this.#escaped ? 1 : 0) : 0;
    for (; at < piece.length; at++) {
      const kind = KINDS[piece[at]!]!;
      if (kind === 0) continue;
      const fault = this.#faultAt(piece, at, kind);
      if (fault !== undefined) return fault;
      if (kind === QUOTE) at = this.#endOfString(piece, at + 1) - 1;
    }
    this.#endsWithComma = !this.#inString && this.#isBehindComma(piece, piece.length);
    return undefined;
  }

  /** What is wrong at a character that is not of a number, a word or white space, outside of strings. */
  #faultAt(piece: Uint8Array, at: number, kind: number): Fault | undefined {
    if (kind === LINE_FEED) {
      this.line++;
      if (this.#byLine) this.#depth = 0;
      return undefined;
    }
    if (kind === CONTROL) return 'a control character stands between values';
    if (kind === CLOSES) {
      this.#depth--;
      return this.#isBehindComma(piece, at) ? 'a comma stands before a closing bracket' : undefined;
    }
    if (this.#depth === 0 && !this.#byLine && !this.#mayBegin(piece[at]!)) return 'a second value follows';
    return kind === OPENS && ++this.#depth > MAX_DEPTH ? 'deep' : undefined;
  }

  faultAtEnd(): Fault | undefined {
    if (this.#byLine) return undefined;
    if (this.#isEmpty) return 'there is no value';
    return this.#depth > 0 || this.#inString ? 'the file ends within a value' : undefined;
  }

  #mayBegin(byte: number): boolean {
    const isObject = byte === BRACE;
    if (this.#first === 'nothing') {
      this.#first = isObject ? 'object' : 'another';
      return true;
    }
    return isObject && this.#first === 'object';
  }

  #isBehindComma(piece: Uint8Array, end: number): boolean {
    let at = end - 1;
    while (at >= 0 && piece[at]! <= SPACE) at--;
    return at < 0 ? this.#endsWithComma : piece[at] === COMMA;
  }

  /** Behind the string that goes on at `start`. A line feed ends it, since none stands within one. */
  #endOfString(piece: Uint8Array, start: number): number {
    let at = start;
    for (; at < piece.length; at++) {
      const byte = piece[at];
      if (byte === DOUBLE_QUOTE || byte === 0x0a) break;
      if (byte === BACKSLASH) at++;
    }
    this.#inString = at >= piece.length;
    this.#escaped = at > piece.length;
    return piece[at] === 0x0a ? at : at + 1;
  }
}
