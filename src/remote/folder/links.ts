import { constants } from 'node:fs';
import { VarveError } from '../../errors.ts';

/** Never follow a link, and never wait for the other end of a named pipe. Both flags are absent on Windows. */
export const NO_LINK_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Make the error for a symbolic link inside a remote: it could lead anywhere, so none is followed. */
export function symlinkRefused(path: string): VarveError {
  return new VarveError('symlink-refused', `${path} is, or lies behind, a symbolic link`, {
    path,
    remedy: 'Remove the link: links inside a remote are never followed.',
  });
}
