type Random = () => number;

const MAX_STEPS = 6;
const MAX_REPEATS = 2000;
const NUMBERS = [
  '-1',
  '0',
  '1',
  '255',
  '65536',
  '2147483648',
  '4294967295',
  '9007199254740991',
  '9007199254740993',
  '18446744073709551616',
  '1e309',
  '-0',
  '0x7f',
  'NaN',
]; // prettier-ignore
const BYTES = [0x00, 0x01, 0x0a, 0x0d, 0x20, 0x22, 0x27, 0x2f, 0x5c, 0x7f, 0x80, 0xc3, 0xe2, 0xfe, 0xff];
/** Trouble for any reader of text. */
const WORDS = [
  '\0',
  '\r\n',
  '\ufeff',
  '\u2028',
  '../',
  '//',
  '.git',
  '__proto__',
  'constructor',
  '%00',
  ': ',
  '\t',
];

/**
 * A neighbour of `input`: some small edits, or a splice with `other`.
 * @param maxBytes the most bytes of the result
 */
export function mutate(
  input: Buffer,
  other: Buffer,
  words: readonly string[],
  maxBytes: number,
  random: Random,
): Buffer {
  const below = (end: number): number => Math.floor(random() * end);
  const one = <T>(items: readonly T[]): T => items[below(items.length)]!;
  let bytes = random() < 0.1 ? splice(input, other, below) : Buffer.from(input);
  for (let steps = 1 + below(MAX_STEPS); steps > 0; steps--) {
    bytes = one(EDITS)(bytes, { below, one, words }).subarray(0, maxBytes);
  }
  return bytes;
}

interface Choices {
  below(end: number): number;
  one<T>(items: readonly T[]): T;
  readonly words: readonly string[];
}

type Edit = (bytes: Buffer, choices: Choices) => Buffer;

const EDITS: readonly Edit[] = [
  (bytes, { below }) => changed(bytes, below(bytes.length), (byte) => byte ^ (1 << below(8))),
  (bytes, { below, one }) => changed(bytes, below(bytes.length), () => one(BYTES)),
  (bytes, { below }) => changed(bytes, below(bytes.length), () => below(256)),
  removeSome,
  repeatSome,
  insertWord,
  insertWord,
  changeNumber,
  changeInteger,
  swapLines,
  (bytes, { below }) => bytes.subarray(0, below(bytes.length + 1)),
];

function changed(bytes: Buffer, at: number, change: (byte: number) => number): Buffer {
  if (bytes.length > 0) bytes[at] = change(bytes[at]!);
  return bytes;
}

function inserted(bytes: Buffer, at: number, more: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);
}

function removeSome(bytes: Buffer, { below }: Choices): Buffer {
  const at = below(bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + below(16))]);
}

function repeatSome(bytes: Buffer, { below, one }: Choices): Buffer {
  const at = below(bytes.length + 1);
  const piece = bytes.subarray(at, at + 1 + below(one([4, 32, 256])));
  const times = one([1, 2, 16, MAX_REPEATS]);
  return inserted(bytes, at, Buffer.concat(Array.from({ length: times }, () => piece)));
}

function insertWord(bytes: Buffer, { below, one, words }: Choices): Buffer {
  const word = Buffer.from(one(words.length > 0 && below(4) > 0 ? words : WORDS));
  const at = below(bytes.length + 1);
  if (below(2) === 0) return inserted(bytes, at, word);
  return Buffer.concat([bytes.subarray(0, at), word, bytes.subarray(at + word.length)]);
}

/** Puts a number of consequence where one stands in text. */
function changeNumber(bytes: Buffer, { one }: Choices): Buffer {
  const text = bytes.toString('latin1');
  const found = [...text.matchAll(/\d+/g)];
  if (found.length === 0) return bytes;
  const { index, 0: digits } = one(found);
  return Buffer.concat([
    bytes.subarray(0, index),
    Buffer.from(one(NUMBERS)),
    bytes.subarray(index + digits.length),
  ]);
}

/** Puts an integer of consequence over four or eight bytes. */
function changeInteger(bytes: Buffer, { below, one }: Choices): Buffer {
  const width = one([2, 4, 8]);
  if (bytes.length < width) return bytes;
  const value = one([
    0n,
    1n,
    0x7fffn,
    0xffffn,
    0x7fffffffn,
    0xffffffffn,
    0x1fffffffffffffn,
    -1n,
    BigInt(bytes.length),
  ]);
  const word = Buffer.alloc(8);
  word.writeBigInt64LE(BigInt.asIntN(64, value));
  const piece = word.subarray(0, width);
  (below(2) === 0 ? piece : piece.reverse()).copy(bytes, below(bytes.length - width + 1));
  return bytes;
}

function swapLines(bytes: Buffer, { below }: Choices): Buffer {
  const lines = bytes.toString('latin1').split('\n');
  const [a, b] = [below(lines.length), below(lines.length)];
  [lines[a], lines[b]] = [lines[b]!, lines[a]!];
  return Buffer.from(lines.join('\n'), 'latin1');
}

function splice(a: Buffer, b: Buffer, below: (end: number) => number): Buffer {
  return Buffer.concat([a.subarray(0, below(a.length + 1)), b.subarray(below(b.length + 1))]);
}
