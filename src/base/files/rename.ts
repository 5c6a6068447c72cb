import { renameSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { systemCode } from './system-errors.ts';

/**
 * Windows answers a rename with these while another program has either file open. Virus scanners and indexers open new files for some
 * milliseconds. POSIX systems rename all the same, and there these codes mean what they say.
 */
const HELD_OPEN = new Set(['EPERM', 'EACCES', 'EBUSY']);
/** 1.3 s together; graceful-fs, which npm uses, tries for up to 60 s, which is long for a command that a person waits for. */
const WAITS_MS = [10, 20, 40, 80, 160, 320, 640];

/** Give a finished file its name, in place of what has it, once no other program on Windows holds either open. */
export function renameOverSync(from: string, to: string): void {
  retryWhileHeldOpen(() => renameSync(from, to));
}

/** Do as `renameOverSync` does, and let other work go on while waiting. */
export async function renameOver(from: string, to: string): Promise<void> {
  for (const waitMs of WAITS_MS) {
    try {
      return await rename(from, to);
    } catch (error) {
      if (!isHeldOpen(error, process.platform)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
  return rename(from, to);
}

/**
 * Try until another program has let go of a file; the last try throws what the system says.
 * @param platform as `process.platform`
 */
export function retryWhileHeldOpen(attempt: () => void, platform: string = process.platform): void {
  for (const waitMs of WAITS_MS) {
    try {
      attempt();
      return;
    } catch (error) {
      if (!isHeldOpen(error, platform)) throw error;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, waitMs);
  }
  attempt();
}

function isHeldOpen(error: unknown, platform: string): boolean {
  return platform === 'win32' && HELD_OPEN.has(systemCode(error) ?? '');
}
