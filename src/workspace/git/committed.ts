import { readBlobs } from './pointers.ts';

/**
 * Whether HEAD has a file of this text, so that Git can bring it back. Git's own look at the file would run filters that its settings
 * name; text that differs by its line ends alone is the same here.
 * @param root a folder of the working tree
 * @param path POSIX, from `root`
 */
export function isCommitted(root: string, path: string, text: string): boolean {
  const name = `HEAD:./${path}`;
  const saved = readBlobs(root, [name]).get(name);
  return saved !== undefined && saved.replaceAll('\r\n', '\n') === text.replaceAll('\r\n', '\n');
}
