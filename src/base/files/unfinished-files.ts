import { rmSync } from 'node:fs';

const UNFINISHED = new Set<string>();

/**
 * Have a file or folder removed when the process ends, by `process.exit` or by itself, before `isFinished` says that the path is no longer of
 * concern: an impatient Ctrl-C then leaves nothing behind. A killed process does; its leftovers are known by their names.
 * @param path absolute; nothing need lie there yet
 */
export function removeAtExit(path: string): { isFinished(): void } {
  // Only as long as there is something to remove: a program that uses varve as a library keeps its process as it was.
  if (UNFINISHED.size === 0) process.on('exit', removeUnfinished);
  UNFINISHED.add(path);
  return { isFinished };

  function isFinished(): void {
    if (UNFINISHED.delete(path) && UNFINISHED.size === 0) process.removeListener('exit', removeUnfinished);
  }
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
