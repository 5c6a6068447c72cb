import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { systemError } from '../../base/files/system-errors.ts';
import { EXAMPLES } from '../../engine/check-rows.ts';
import {
  FRAME_BYTES,
  FRAME_KEYS,
  firstWord,
  frameSeal,
  KEY_BYTES,
  KeySum,
  SEAL_BYTES,
} from '../../engine/row-keys.ts';
import { VarveError } from '../../errors.ts';

/** What the keys of one range say to one question. */
export interface RepeatedKeys {
  readonly question: number;
  /** How many there are, and the first four bytes of the lowest and of the highest: ranges share none. */
  readonly keys: number;
  /** Their KeySum. */
  readonly sum: string;
  readonly lowest: number;
  readonly highest: number;
  /** Rows whose key another row has too. */
  readonly failing: number;
  /** The first of these rows, in the order of units and rows: at most `EXAMPLES`. */
  readonly first: readonly (readonly [unit: number, key: string])[];
}

/** Keys that are held at once. More of them take more than one reading. */
const KEYS_AT_ONCE = 4 * 1024 * 1024;

/** Keys of one unit to one question, as they lie in a file. */
interface Frame {
  readonly question: number;
  readonly unit: number;
  readonly start: number;
  readonly keys: number;
}

/**
 * Look for keys that rows share, in a file with all keys of a range. Memory is that of `keysAtOnce`, and 0.3 bytes a key for where they lie.
 * @param secret that of the plan, by which frames are sealed
 * @throws VarveError `part-damaged` if it is no such file, or one of another plan, and those of the system
 */
export function findRepeated(
  path: string,
  secret: string,
  keysAtOnce = KEYS_AT_ONCE,
): readonly RepeatedKeys[] {
  const file = new KeysFile(path);
  try {
    const frames = framesOf(file, secret);
    const questions = [...new Set(frames.map(({ question }) => question))].sort((a, b) => a - b);
    return questions.map((question) => {
      const own = frames.filter((frame) => frame.question === question).sort((a, b) => a.unit - b.unit);
      return { question, ...repeatedAmong(file, own, keysAtOnce) };
    });
  } finally {
    file.close();
  }
}

/** A file of keys, whose faults are told as such. */
class KeysFile {
  readonly #path: string;
  readonly #file: number;
  readonly size: number;

  /** @throws VarveError of the system */
  constructor(path: string) {
    this.#path = path;
    this.#file = this.#told(() => openSync(path, 'r'));
    this.size = this.#told(() => fstatSync(this.#file).size);
  }

  /** Fill the start of a buffer. @throws VarveError `part-damaged` if so many bytes are not there, and those of the system */
  read(into: Buffer, length: number, position: number): void {
    for (let done = 0; done < length; ) {
      const read = this.#told(() => readSync(this.#file, into, done, length - done, position + done));
      if (read === 0) throw this.damaged('end in the middle of one');
      done += read;
    }
  }

  /** @param what goes on behind "The keys in …" */
  damaged(what: string): VarveError {
    return new VarveError('part-damaged', `The keys in ${this.#path} ${what}`, {
      path: this.#path,
      remedy: 'Run the same command again.',
    });
  }

  close(): void {
    closeSync(this.#file);
  }

  #told<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw systemError(error, 'read', this.#path);
    }
  }
}

/** The frames of a file, each held against its seal. */
function framesOf(file: KeysFile, secret: string): Frame[] {
  const frames: Frame[] = [];
  const bytes = Buffer.alloc(FRAME_BYTES + FRAME_KEYS * KEY_BYTES + SEAL_BYTES);
  for (let at = 0; at < file.size; ) {
    file.read(bytes, FRAME_BYTES, at);
    const [question, unit, keys] = [0, 4, 8].map((word) => bytes.readUInt32LE(word)) as [
      number,
      number,
      number,
    ];
    // Frames without keys, without end, would take memory without end.
    if (keys === 0 || keys > FRAME_KEYS) throw file.damaged('are not as many as they can be');
    const sealed = FRAME_BYTES + keys * KEY_BYTES;
    file.read(bytes, sealed + SEAL_BYTES, at);
    const seal = bytes.subarray(sealed, sealed + SEAL_BYTES);
    if (!seal.equals(frameSeal(secret, bytes.subarray(0, sealed))))
      throw file.damaged('are not those that a task of this run has left');
    frames.push({ question, unit, start: at + FRAME_BYTES, keys });
    at += sealed + SEAL_BYTES;
  }
  return frames;
}

interface Place {
  /** Of the key, among all in the order of units and rows. */
  readonly at: number;
  readonly unit: number;
  readonly key: string;
}

/** @param frames all of one question, in the order of their units */
function repeatedAmong(
  file: KeysFile,
  frames: readonly Frame[],
  keysAtOnce: number,
): Omit<RepeatedKeys, 'question'> {
  const keys = frames.reduce((sum, frame) => sum + frame.keys, 0);
  const passes = Math.max(1, Math.ceil(keys / keysAtOnce));
  let [failing, lowest, highest] = [0, 2 ** 32 - 1, 0];
  const sum = new KeySum();
  let first: Place[] = [];
  // One for all passes: what is thrown away stays in memory until it is collected.
  const table = new KeyTable(keys / passes);
  for (let pass = 0; pass < passes; pass++) {
    table.clear();
    visitKeys(file, frames, { pass, passes }, (key) => {
      const word = firstWord(key);
      lowest = Math.min(lowest, word);
      highest = Math.max(highest, word);
      sum.add(key);
      table.add(key);
      return true;
    });
    failing += table.failing;
    if (table.failing === 0) continue;
    const found: Place[] = [];
    visitKeys(file, frames, { pass, passes }, (key, at, { unit }) => {
      if (table.isRepeated(key)) found.push({ at, unit, key: Buffer.from(key).toString('hex') });
      return found.length < EXAMPLES;
    });
    first = [...first, ...found].sort((a, b) => a.at - b.at).slice(0, EXAMPLES);
  }
  const shown = first.map(({ unit, key }) => [unit, key] as const);
  return { keys, sum: sum.text, lowest, highest, failing, first: shown };
}

/** Keys that are read at once. */
const KEYS_IN_PIECE = 4096;

/** One reading of all keys, for those of which the last two bytes are of its number. */
interface Pass {
  readonly pass: number;
  readonly passes: number;
}

/** Shows the keys of a pass in their order, until `see` says that it has seen enough. A key is gone after its visit. */
function visitKeys(
  file: KeysFile,
  frames: readonly Frame[],
  { pass, passes }: Pass,
  see: (key: Uint8Array, at: number, frame: Frame) => boolean,
): void {
  const bytes = Buffer.alloc(KEYS_IN_PIECE * KEY_BYTES);
  let before = 0;
  for (const frame of frames)
    for (let done = 0; done < frame.keys; done += KEYS_IN_PIECE) {
      const length = Math.min(KEYS_IN_PIECE, frame.keys - done) * KEY_BYTES;
      file.read(bytes, length, frame.start + done * KEY_BYTES);
      for (let start = 0; start < length; start += KEY_BYTES) {
        if (bytes.readUInt16BE(start + KEY_BYTES - 2) % passes !== pass) continue;
        if (!see(bytes.subarray(start, start + KEY_BYTES), before + start / KEY_BYTES, frame)) return;
      }
      before += length / KEY_BYTES;
    }
}

/** Which keys came once, and which more often: open addressing, in flat memory. */
class KeyTable {
  /** Rows whose key another row has too. */
  failing = 0;
  #words: Uint32Array;
  /** How often each came: 0 for an empty place, at most 2. */
  #times: Uint8Array;
  #size = 0;

  constructor(keys: number) {
    const places = 2 ** Math.ceil(Math.log2(Math.max(16, 2 * keys)));
    this.#words = new Uint32Array(places * 4);
    this.#times = new Uint8Array(places);
  }

  clear(): void {
    this.#times.fill(0);
    this.#size = 0;
    this.failing = 0;
  }

  add(key: Uint8Array): void {
    // Passes are not of quite the same size: one of `KEYS_AT_ONCE` fills half the places, and a quarter is to spare.
    if (4 * this.#size >= 3 * this.#times.length) this.#grow();
    const words = wordsOf(key);
    const place = this.#placeOf(words);
    const times = this.#times[place]!;
    if (times === 0) {
      this.#words.set(words, place * 4);
      this.#times[place] = 1;
      this.#size++;
    } else {
      this.failing += times === 1 ? 2 : 1;
      this.#times[place] = 2;
    }
  }

  isRepeated(key: Uint8Array): boolean {
    return this.#times[this.#placeOf(wordsOf(key))] === 2;
  }

  /** That of the key, or the empty one that it would have. */
  #placeOf([a, b, c, d]: Words): number {
    const places = this.#times.length;
    // The first bytes are those of the range, which all keys share.
    for (let place = c & (places - 1); ; place = (place + 1) & (places - 1)) {
      const at = place * 4;
      if (this.#times[place] === 0) return place;
      const words = this.#words;
      if (words[at] === a && words[at + 1] === b && words[at + 2] === c && words[at + 3] === d) return place;
    }
  }

  #grow(): void {
    const [words, times] = [this.#words, this.#times];
    this.#words = new Uint32Array(words.length * 2);
    this.#times = new Uint8Array(times.length * 2);
    for (const [place, count] of times.entries()) {
      if (count === 0) continue;
      const own = [...words.subarray(place * 4, place * 4 + 4)] as unknown as Words;
      const target = this.#placeOf(own);
      this.#words.set(own, target * 4);
      this.#times[target] = count;
    }
  }
}

type Words = readonly [number, number, number, number];

function wordsOf(key: Uint8Array): Words {
  const word = (at: number) =>
    ((key[at]! << 24) | (key[at + 1]! << 16) | (key[at + 2]! << 8) | key[at + 3]!) >>> 0;
  return [word(0), word(4), word(8), word(12)];
}
