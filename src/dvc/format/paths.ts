import { posix } from 'node:path';

/** The path that `path`, as a file in `folder` names it, has from the repository's top; undefined if it leads out. */
export function resolveInside(folder: string, path: string): string | undefined {
  // Drives of Windows, addresses of other places, and what is a path there and a name here.
  if (posix.isAbsolute(path) || /[\\\0]|^[A-Za-z]:|^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(path))
    return undefined;
  const resolved = posix.normalize(posix.join(folder, path)).replace(/\/+$/, '');
  return resolved === '' || resolved === '.' || resolved === '..' || resolved.startsWith('../')
    ? undefined
    : resolved;
}
