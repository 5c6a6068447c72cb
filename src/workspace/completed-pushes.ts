import { readFileSync } from 'node:fs';
import { writeAtomically } from '../base/atomic-write.ts';

const VERSION = 1;
/** Enough for pushes of a few datasets by themselves to a few remotes. */
const MAX_REMEMBERED = 64;

/** The pushes of this clone after which a remote had everything, by fingerprint: the latest first, in a file that may be lost. */
export class CompletedPushesFile {
  readonly #file: string;
  #fingerprints: ReadonlySet<string>;

  /** @param file absolute path; read now, and written by `add` */
  constructor(file: string) {
    this.#file = file;
    this.#fingerprints = new Set(readFingerprints(file));
  }

  get fingerprints(): ReadonlySet<string> {
    return this.#fingerprints;
  }

  /** @throws VarveError as {@link writeAtomically} */
  add(fingerprint: string): void {
    const latest = [...new Set([fingerprint, ...this.#fingerprints])].slice(0, MAX_REMEMBERED);
    this.#fingerprints = new Set(latest);
    const text = `${JSON.stringify({ version: VERSION, whole: latest })}\n`;
    writeAtomically(this.#file, [Buffer.from(text)], false);
  }
}

function readFingerprints(file: string): readonly string[] {
  try {
    const { version, whole } = JSON.parse(readFileSync(file, 'utf8'));
    return version === VERSION && Array.isArray(whole) ? whole : [];
  } catch {
    // It is not there or cannot be read: the next push compares everything once more.
    return [];
  }
}
