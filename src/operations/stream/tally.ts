import { neutral } from '../../wording/neutral.ts';

/** Reasons for which single messages are told of; all are counted. */
const MAX_TOLD = 5;

/** Counts what of a stream is in no window, since the window before. */
export class Tally {
  readonly #tell: ((text: string) => void) | undefined;
  readonly #told = new Set<string>();
  malformed = 0;
  late = 0;
  /** The first message of all that was left out, and why. */
  first: { readonly where: string; readonly reason: string } | undefined;

  constructor(tell: ((text: string) => void) | undefined) {
    this.#tell = tell;
  }

  /** Count a message that cannot be read. The first of a reason is told of. */
  leaveOut(where: string, reason: string): void {
    this.malformed++;
    this.first ??= { where, reason };
    if (this.#told.has(reason) || this.#told.size >= MAX_TOLD) return;
    this.#told.add(reason);
    this.#tell?.(`${where} is left out, and others like it are counted: ${neutral(reason)}`);
  }

  /** Begin anew. */
  clear(): void {
    this.malformed = 0;
    this.late = 0;
  }
}
