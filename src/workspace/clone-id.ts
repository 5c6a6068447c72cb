import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { basename, join } from 'node:path';
import { writeAtomically } from '../base/files/atomic-write.ts';
import { isAbsent, systemError } from '../base/files/system-errors.ts';
import type { Repository } from './repository.ts';

/** Name this clone among all that push to a remote. Made when it is first asked for; not in Git. */
export function cloneId(repository: Repository): string {
  const file = join(repository.stateFolder, 'clone-id');
  const known = read(file);
  if (known !== undefined && /^[0-9a-f-]{36}$/.test(known)) return known;
  const made = randomUUID();
  writeAtomically(file, [Buffer.from(`${made}\n`)]);
  return made;
}

/** What people know this clone by, wherever they read of it. */
export function cloneRecord({ root }: Pick<Repository, 'root'>): {
  readonly user: string;
  readonly host: string;
  readonly folder: string;
} {
  return { user: userName(), host: hostname(), folder: basename(root) };
}

/** A container may run as a user whom no file names. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? '');
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw systemError(error, 'read', file);
  }
}
