import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { EXAMPLES } from '../../engine/check-rows.ts';
import { FRAME_BYTES, KEY_BYTES } from '../../engine/row-keys.ts';
import { VarveError } from '../../errors.ts';

/** What the keys of one range say to one question. */
export interface RepeatedKeys {
  readonly question: number;
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

/** Look for keys that rows share, in a file with all keys of a range. Memory is bounded, however many there are. */
export function findRepeated(path: string, keysAtOnce = KEYS_AT_ONCE): readonly RepeatedKeys[] {
  const file = openSync(path, 'r');
  try {
    const frames = framesOf(file, path);
    const questions = [...new Set(frames.map(({ question }) => question))].sort((a, b) => a - b);
    return questions.map((question) => {
      const own = frames.filter((frame) => frame.question === question).sort((a, b) => a.unit - b.unit);
      const keys = own.reduce((sum, frame) => sum + frame.keys, 0);
      const passes = Math.max(1, Math.ceil(keys / keysAtOnce));
      let failing = 0;
      let first: Place[] = [];
      for (let pass = 0; pass < passes; pass++) {
        const found = repeatedAmong(
          file,
          own,
          keys,
          (key) => (key[KEY_BYTES - 2]! * 256 + key[KEY_BYTES - 1]!) % passes === pass,
          passes,
        );
        failing += found.failing;
        first = [...first, ...found.first].sort((a, b) => a.at - b.at).slice(0, EXAMPLES);
      }
      return { question, failing, first: first.map(({ unit, key }) => [unit, key] as const) };
    });
  } finally {
    closeSync(file);
  }
}

function framesOf(file: number, path: string): Frame[] {
  const { size } = fstatSync(file);
  const frames: Frame[] = [];
  const head = Buffer.alloc(FRAME_BYTES);
  for (let at = 0; at < size; ) {
    readSync(file, head, 0, FRAME_BYTES, at);
    const [question, unit, keys] = [0, 4, 8].map((word) => head.readUInt32LE(word)) as [
      number,
      number,
      number,
    ];
    const start = at + FRAME_BYTES;
    at = start + keys * KEY_BYTES;
    if (at > size) throw cut(path);
    frames.push({ question, unit, start, keys });
  }
  return frames;
}

function cut(path: string): VarveError {
  return new VarveError('part-damaged', `The keys in ${path} end in the middle of one`, {
    path,
    remedy: 'Run the same command again.',
  });
}

interface Place {
  /** Of the key, among all in the order of units and rows. */
  readonly at: number;
  readonly unit: number;
  readonly key: string;
}

function repeatedAmong(
  file: number,
  frames: readonly Frame[],
  keys: number,
  isOfPass: (key: Uint8Array) => boolean,
  passes: number,
): { readonly failing: number; readonly first: readonly Place[] } {
  const table = new KeyTable(passes === 1 ? keys : Math.ceil((keys / passes) * 1.5));
  const visit = (see: (key: Uint8Array, at: number, frame: Frame) => boolean) => {
    let at = 0;
    for (const frame of frames) {
      const bytes = Buffer.alloc(frame.keys * KEY_BYTES);
      readSync(file, bytes, 0, bytes.length, frame.start);
      for (let start = 0; start < bytes.length; start += KEY_BYTES) {
        const key = bytes.subarray(start, start + KEY_BYTES);
        if (isOfPass(key) && !see(key, at, frame)) return;
        at++;
      }
    }
  };
  visit((key) => {
    table.add(key);
    return true;
  });
  const first: Place[] = [];
  if (table.failing > 0)
    visit((key, at, { unit }) => {
      if (table.isRepeated(key)) first.push({ at, unit, key: Buffer.from(key).toString('hex') });
      return first.length < EXAMPLES;
    });
  return { failing: table.failing, first };
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

  add(key: Uint8Array): void {
    if (2 * this.#size >= this.#times.length) this.#grow();
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
