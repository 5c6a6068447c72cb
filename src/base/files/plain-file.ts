import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { VarveError } from '../../errors.ts';
import { isAbsent, systemCode, systemError } from './system-errors.ts';

/** Never through a link, and never waiting for the other end of a named pipe; both flags are absent on Windows. */
export const READ_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * Read a text that may have come through Git, which keeps symbolic links: one could name any file of this machine, such as a
 * secret, which a message would then show, or a device that never ends.
 * @param where names the file in messages
 * @returns undefined where there is none
 * @throws VarveError `symlink-refused`, and what reading meets
 */
export function readPlainFile(file: string, where: string): string | undefined {
  let handle: number | undefined;
  try {
    handle = openSync(file, READ_FLAGS);
    if (!fstatSync(handle).isFile()) throw notPlain(where);
    return readFileSync(handle, 'utf8');
  } catch (error) {
    if (isAbsent(error)) return undefined;
    // What FreeBSD says of a link is EMLINK.
    throw ['ELOOP', 'EMLINK'].includes(systemCode(error) ?? '')
      ? notPlain(where)
      : systemError(error, 'read', where);
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

function notPlain(where: string): VarveError {
  return new VarveError('symlink-refused', `${where} is a symbolic link, or no plain file`, {
    path: where,
    remedy: 'Links are not followed there, since Git may have brought them: put a plain file in its place.',
  });
}
