import { rmSync } from 'node:fs';

const UNFINISHED = new Set<string>();
let isWatching = false;

/**
 * Have a file or folder removed when the process ends, by `process.exit` or by itself, before `isFinished` says that the path is no longer of
 * concern: an impatient Ctrl-C then leaves nothing behind. A killed process does; its leftovers are known by their names.
 * @param path absolute; nothing need lie there yet
 */
export function removeAtExit(path: string): { isFinished(): void } {
  if (!isWatching) process.on('exit', removeUnfinished);
  isWatching = true;
  UNFINISHED.add(path);
  return { isFinished: () => void UNFINISHED.delete(path) };
}

function removeUnfinished(): void {
  for (const path of UNFINISHED) {
    try {
      rmSync(path, { recursive: true, force: true });
    } catch {
      // It cannot be removed: the next command meets it.
    }
  }
}
