import { writeFileSync } from 'node:fs';
import { removeQuietly } from '../../base/files/atomic-write.ts';
import { renameOverSync } from '../../base/files/rename.ts';
import { isStopped } from '../../base/threads/stopped-thread.ts';
import { digestAt } from '../format/digest.ts';
import { LocalPacks } from '../reading/local-packs.ts';

export interface FileToWrite {
  /** Absolute path of the pack that holds the bytes, from `offset` on. */
  readonly pack: string;
  readonly offset: number;
  readonly length: number;
  readonly mode: number;
  /** Absolute path until it is complete, in the folder of `target`. */
  readonly temporary: string;
  readonly target: string;
}

export interface WriteGroup {
  readonly files: readonly FileToWrite[];
  /** SHA-256 of each file in turn, 32 bytes. */
  readonly digests: Uint8Array;
}

/** Writes small files from local packs, each verified before it gets its name. It blocks, so it is called on a thread of its own. */
export class SmallFileWriter {
  readonly #packs = new LocalPacks((path) => path);

  /** Write files. @returns for each in turn 1 if it is in place, else 0: whoever asked tries again and learns why */
  write({ files, digests }: WriteGroup): Uint8Array {
    return Uint8Array.from(files, (file, ordinal) => {
      if (isStopped()) return 0;
      const digest = digestAt(digests, ordinal);
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
