import { posix } from 'node:path';
import { VarveError } from '../errors.ts';

/** As Python orders strings, which JavaScript's UTF-16 order differs from beyond the basic plane. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left === right) continue;
    // Surrogates (U+D800 to U+DFFF) stand for code points above all others of 16 bits.
    const leftHigh = left >= 0xd800 && left <= 0xdfff;
    const rightHigh = right >= 0xd800 && right <= 0xdfff;
    if (leftHigh !== rightHigh) return leftHigh ? 1 : -1;
    return left - right;
  }
  return a.length - b.length;
}

const LONGEST_PATH = 4096;

/**
 * A path that leads from a folder to something inside it, and nowhere else, on any system.
 * @throws VarveError `damaged-manifest`
 */
export function checkRelativePath(path: string, where: string): void {
  const steps = path.split('/');
  const plain = steps.every((step) => step !== '' && step !== '.' && step !== '..');
  if (plain && path.length <= LONGEST_PATH && !/[\\\0]|^[A-Za-z]:/.test(path)) return;
  throw new VarveError('damaged-manifest', `${where} names the path ${JSON.stringify(path.slice(0, 200))}`, {
    path: where,
    remedy: 'A path must be relative and stay in its folder: whoever wrote this file must write it again.',
  });
}

/** The path that `path`, as a file in `folder` names it, has from the repository's top; undefined where it leads out. */
export function resolveInside(folder: string, path: string): string | undefined {
  if (posix.isAbsolute(path) || /[\\\0]|^[A-Za-z][A-Za-z0-9+.-]*:/.test(path)) return undefined;
  const resolved = posix.normalize(posix.join(folder, path)).replace(/\/+$/, '');
  return resolved === '' || resolved === '.' || resolved === '..' || resolved.startsWith('../')
    ? undefined
    : resolved;
}

/** Whether `path` is `folder` or lies in it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || folder === '' || path.startsWith(`${folder}/`);
}
