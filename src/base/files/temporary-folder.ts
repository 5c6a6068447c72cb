import { lstatSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readableNamesIn } from './folder-names.ts';
import { isGone, processOwner } from './process-owner.ts';

/** What the folder is for; the name says so. */
export type Purpose = 'engine' | 'repository' | 'rewriting' | 'rows' | 'stream' | 'table';

/** Names that this function makes, and (without an owner) those of earlier versions. */
const OWN =
  /^varve-(?:engine|repository|rewriting|rows|stream|table)-(?:([0-9a-f]{8}-\d+-[0-9a-z]+)-)?[A-Za-z0-9]{6}$/;
/** Of folders of which nobody here can tell whether their process lives: none leaves its folder alone for so long. */
const STALE_AFTER_MS = 24 * 60 * 60 * 1000;

let swept = false;

/** Make an empty folder of this process, which others of its user remove once the process is gone without having done so. */
export function makeTemporaryFolder(purpose: Purpose): string {
  if (!swept) removeAbandoned(tmpdir());
  swept = true;
  return mkdtempSync(join(tmpdir(), `varve-${purpose}-${processOwner()}-`));
}

/** Remove the folders that dead processes of this user left in `parent`. Never fails: to clean up is nobody's task. */
export function removeAbandoned(parent: string): void {
  for (const name of readableNamesIn(parent)) {
    const match = OWN.exec(name);
    if (match === null) continue;
    const path = join(parent, name);
    try {
      if (isAbandoned(path, match[1])) rmSync(path, { recursive: true, force: true });
    } catch {
      // Gone meanwhile, or not to be removed by this user.
    }
  }
}

function isAbandoned(path: string, owner: string | undefined): boolean {
  const found = lstatSync(path);
  // In a folder that all users share, anyone may make a link of this name.
  if (!found.isDirectory() || found.uid !== (process.getuid?.() ?? found.uid)) return false;
  const gone = owner === undefined ? undefined : isGone(owner);
  if (gone !== undefined) return gone;
  const isOld = (each: string): boolean => lstatSync(each).mtimeMs < Date.now() - STALE_AFTER_MS;
  return isOld(path) && readableNamesIn(path).every((name) => isOld(join(path, name)));
}
