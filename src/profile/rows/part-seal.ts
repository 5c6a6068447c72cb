import { createHmac } from 'node:crypto';

const SEAL = '{"seal":';

/**
 * Seals the lines of a part, or of a range, by a line behind them: whoever does not know the secret of the asking can neither change one, nor
 * leave one out, nor put one in, nor cut the end away. One line is sealed once; nothing can be added behind the seal.
 */
export class PartSeal {
  readonly #hash;

  /** @param secret that of a RowsPlan */
  constructor(secret: string) {
    this.#hash = createHmac('sha256', Buffer.from(secret, 'hex'));
  }

  /** @param line with its end */
  add(line: string): void {
    this.#hash.update(line);
  }

  /** The line of the seal, with its end. */
  line(): string {
    return `${SEAL}"${this.#hash.digest('hex')}"}\n`;
  }
}

export function isSeal(line: string): boolean {
  return line.startsWith(SEAL);
}

/** Lines, each with its end, and their seal. */
export function sealed(secret: string, lines: readonly string[]): string {
  const seal = new PartSeal(secret);
  for (const line of lines) seal.add(line);
  return lines.join('') + seal.line();
}
