import { VarveError } from '../../errors.ts';

/** Make the error for a symbolic link inside a remote: it could lead anywhere, so none is followed. */
export function symlinkRefused(path: string): VarveError {
  return new VarveError('symlink-refused', `${path} is, or lies behind, a symbolic link`, {
    path,
    remedy: 'Remove the link: links inside a remote are never followed.',
  });
}
