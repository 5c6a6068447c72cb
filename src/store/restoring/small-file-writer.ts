import { unlinkSync, writeFileSync } from 'node:fs';
import { renameOverSync } from '../../base/rename.ts';
import { isStopped } from '../../base/stopped-thread.ts';
import { DIGEST_BYTES } from '../format/digest.ts';
import { LocalPacks } from '../reading/local-packs.ts';

export interface FileToWrite {
  /** The path of the pack that holds its bytes, and where in it they lie. */
  readonly pack: string;
  readonly offset: number;
  readonly length: number;
  readonly mode: number;
  /** What it is called until it is whole, and then. */
  readonly temporary: string;
  readonly target: string;
}

export interface WriteGroup {
  readonly files: readonly FileToWrite[];
  /** SHA-256 of each file in turn, 32 bytes. */
  readonly digests: Uint8Array;
}

/** Writes small files from local packs, each verified before it gets its name. Synchronous: it is called on a thread of its own. */
export class SmallFileWriter {
  readonly #packs = new LocalPacks((path) => path);

  /** Of each file in turn, 1 where it lies in place. For the others, whoever asks tries again and learns why. */
  write({ files, digests }: WriteGroup): Uint8Array {
    return Uint8Array.from(files, (file, ordinal) => {
      if (isStopped()) return 0;
      const digest = digests.subarray(ordinal * DIGEST_BYTES, (ordinal + 1) * DIGEST_BYTES);
      return this.#place(file, digest) ? 1 : 0;
    });
  }

  #place(file: FileToWrite, digest: Uint8Array): boolean {
    const bytes = this.#packs.read(file, digest);
    if (bytes === undefined) return false;
    const { temporary, target, mode } = file;
    try {
      writeFileSync(temporary, bytes, { flag: 'wx', mode });
      renameOverSync(temporary, target);
      return true;
    } catch {
      removeQuietly(temporary);
      return false;
    }
  }
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It was never made.
  }
}
