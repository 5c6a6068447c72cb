import { rmSync } from 'node:fs';

const unfinished = new Set<string>();
let isWatching = false;

/**
 * Has a file or folder removed where the process ends, by `process.exit` or by itself, before `isFinished` says that the path is no longer of
 * concern: an impatient Ctrl-C then leaves nothing behind. A killed process does; its leftovers are known by their names.
 * @param path absolute; nothing need lie there yet
 */
export function removeAtExit(path: string): { isFinished(): void } {
  if (!isWatching) process.on('exit', removeUnfinished);
  isWatching = true;
  unfinished.add(path);
  return { isFinished: () => void unfinished.delete(path) };
}

function removeUnfinished(): void {
  for (const path of unfinished) {
    try {
      rmSync(path, { recursive: true, force: true });
    } catch {
      // It cannot be removed: the next command meets it.
    }
  }
}
