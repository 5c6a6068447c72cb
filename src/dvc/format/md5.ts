import { createHash } from 'node:crypto';
import type { HashName } from './object-id.ts';

/** DVC's block: what `md5-dos2unix` gives depends on where blocks end, so files must be fed in blocks of this size. */
export const HASH_BLOCK = 1024 * 1024;

const SNIFFED = 512;
const MAX_BINARY_SHARE = 0.3;
const IS_TEXT = Uint8Array.from({ length: 256 }, (_, byte) =>
  (byte >= 32 && byte < 127) || [8, 9, 10, 12, 13].includes(byte) ? 1 : 0,
);

/** The MD5 of bytes that come in blocks of `HASH_BLOCK`, only the last one shorter. */
export class Md5 {
  readonly #hash = createHash('md5');
  readonly #unix: boolean;

  constructor(name: HashName) {
    this.#unix = name === 'md5-dos2unix';
  }

  update(block: Uint8Array): this {
    this.#hash.update(
      this.#unix && isText(block.subarray(0, SNIFFED)) ? withoutCarriageReturns(block) : block,
    );
    return this;
  }

  /** 32 lower-case hex digits. */
  hex(): string {
    return this.#hash.digest('hex');
  }
}

/** Guess as DVC does: text has no NUL, and at most 30 % of bytes that plain ASCII text has not. */
function isText(start: Uint8Array): boolean {
  let others = 0;
  for (const byte of start) {
    if (byte === 0) return false;
    if (IS_TEXT[byte] === 0) others++;
  }
  return others <= start.length * MAX_BINARY_SHARE;
}

/** The block with each CRLF as LF; a CR that ends the block stays, as DVC leaves it. */
function withoutCarriageReturns(block: Uint8Array): Uint8Array {
  if (!block.includes(13)) return block;
  const kept = new Uint8Array(block.length);
  let length = 0;
  for (let index = 0; index < block.length; index++) {
    if (block[index] === 13 && block[index + 1] === 10) continue;
    kept[length++] = block[index]!;
  }
  return kept.subarray(0, length);
}
