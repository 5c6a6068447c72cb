import { readFileSync } from 'node:fs';
import { writeAtomically } from '../base/files/atomic-write.ts';

const VERSION = 1;
/** Enough for pushes of a few datasets by themselves to a few remotes. */
const MAX_REMEMBERED = 64;

interface Notes {
  readonly fingerprints: ReadonlySet<string>;
  readonly stores: ReadonlySet<string>;
}

/** The pushes of this clone after which a remote had everything, the latest first, in a file that may be lost. */
export class CompletedPushesFile implements Notes {
  readonly #file: string;
  #notes: Notes;

  /** @param file absolute path; read now, and written by `add` */
  constructor(file: string) {
    this.#file = file;
    this.#notes = readNotes(file);
  }

  get fingerprints(): ReadonlySet<string> {
    return this.#notes.fingerprints;
  }

  /** URLs of remotes that are known to carry the marker of a store. */
  get stores(): ReadonlySet<string> {
    return this.#notes.stores;
  }

  /** @throws VarveError as {@link writeAtomically} */
  add(url: string, fingerprint: string): void {
    const whole = latest(fingerprint, this.fingerprints);
    const stores = latest(url, this.stores);
    this.#notes = { fingerprints: new Set(whole), stores: new Set(stores) };
    const text = `${JSON.stringify({ version: VERSION, whole, stores })}\n`;
    writeAtomically(this.#file, [Buffer.from(text)], false);
  }
}

function latest(first: string, others: ReadonlySet<string>): string[] {
  return [...new Set([first, ...others])].slice(0, MAX_REMEMBERED);
}

function readNotes(file: string): Notes {
  try {
    const { version, whole, stores = [] } = JSON.parse(readFileSync(file, 'utf8'));
    if (version === VERSION && Array.isArray(whole) && Array.isArray(stores))
      return { fingerprints: new Set(whole), stores: new Set(stores) };
  } catch {
    // It is not there or cannot be read: the next push compares everything once more.
  }
  return { fingerprints: new Set(), stores: new Set() };
}
