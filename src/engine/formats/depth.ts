import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { VarveError } from '../../errors.ts';
import type { SourceFile } from '../source-file.ts';
import type { EngineColumn, EngineType } from '../types.ts';
import { decompressor } from './decompress.ts';

/**
 * How deep values may be nested: lists, structs and maps within each other. What reads and profiles them calls itself for each level, so that
 * its stack ends somewhere, and its time grows with the square. Far beyond what tables of data hold.
 */
const MAX_DEPTH = 128;

/** How much of a file is looked at in one turn, in bytes. */
const PIECE = 1024 * 1024;

const OPENS = 1;
const CLOSES = 2;
const QUOTE = 3;
const LINE_FEED = 4;
const KINDS = new Uint8Array(256);
for (const [characters, kind] of [
  ['{[', OPENS],
  ['}]', CLOSES],
  ['"', QUOTE],
  ['\n', LINE_FEED],
] as const)
  for (const character of characters) KINDS[character.charCodeAt(0)] = kind;
const BACKSLASH = 0x5c;
const DOUBLE_QUOTE = 0x22;

/**
 * Refuses JSON that is nested too deeply before any reader calls itself over it. Looks at brackets outside of strings only, at some
 * 600 MB a second.
 * @param byLine whether each line is a value of its own
 * @throws VarveError `data-too-deep`, with the line
 */
export async function assertShallowJson(
  file: SourceFile,
  byLine: boolean,
  signal?: AbortSignal,
): Promise<void> {
  const nesting = new Nesting(byLine);
  let deep = false;
  try {
    await pipeline(
      createReadStream(file.absolutePath, { highWaterMark: PIECE }),
      decompressor(file),
      async (pieces: AsyncIterable<Buffer>) => {
        for await (const piece of pieces) {
          deep = nesting.isDeepIn(piece);
          if (deep) return;
        }
      },
      { signal },
    );
  } catch {
    signal?.throwIfAborted();
    // What is damaged is said of the file as a whole.
  }
  if (deep) throw tooDeep(file, nesting.line);
}

/** @throws VarveError `data-too-deep` */
export function assertShallow(columns: readonly EngineColumn[], file: SourceFile): void {
  for (const { type } of columns) if (depthOf(type) > MAX_DEPTH) throw tooDeep(file);
}

function depthOf(type: EngineType): number {
  if (type.kind === 'list') return 1 + depthOf(type.element);
  if (type.kind === 'struct') return 1 + Math.max(0, ...type.fields.map((field) => depthOf(field.type)));
  return 0;
}

function tooDeep({ path }: SourceFile, line?: number): VarveError {
  const where = line === undefined ? path : `${path}, line ${line}`;
  return new VarveError('data-too-deep', `${where}: values are nested more than ${MAX_DEPTH} levels deep`, {
    remedy: 'Keep the deep part as text, or take it apart into columns.',
    path,
  });
}

/** Follows brackets over the pieces of a file. */
class Nesting {
  readonly #byLine: boolean;
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** Where it is, counted from 1. */
  line = 1;

  constructor(byLine: boolean) {
    this.#byLine = byLine;
  }

  /** Whether a value goes too deep in the next piece; `line` is where then. */
  isDeepIn(piece: Uint8Array): boolean {
    let depth = this.#depth;
    let at = this.#inString ? this.#endOfString(piece, this.#escaped ? 1 : 0) : 0;
    for (; at < piece.length; at++) {
      const kind = KINDS[piece[at]!];
      if (kind === 0) continue;
      if (kind === OPENS) {
        if (++depth > MAX_DEPTH) return true;
      } else if (kind === CLOSES) depth--;
      else if (kind === QUOTE) at = this.#endOfString(piece, at + 1) - 1;
      else {
        this.line++;
        if (this.#byLine) depth = 0;
      }
    }
    this.#depth = depth;
    return false;
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
