/** Starting threads pays if there are so many files. */
export const MANY_FILES = 512;
/** A message between threads costs as much as reading a file of some KiB. */
const GROUP_FILES = 128;
export const GROUP_BYTES = 2 * 1024 * 1024;

/** Group small files for a thread: up to 128 of them and 2 MiB, or one larger file. */
export function* groupsOf<T extends { readonly size: number }>(files: Iterable<T>): Generator<readonly T[]> {
  let group: T[] = [];
  let bytes = 0;
  for (const file of files) {
    if (group.length === GROUP_FILES || (bytes > 0 && bytes + file.size > GROUP_BYTES)) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(file);
    bytes += file.size;
  }
  if (group.length > 0) yield group;
}

/** Take files in portions, so that what is kept of one is bounded: each ends with the file that reaches so many bytes, or so many files. */
export function* boundedPortions<T extends { readonly size: number }>(
  files: Iterable<T>,
  maxBytes: number,
  maxFiles: number,
): Generator<readonly T[]> {
  let portion: T[] = [];
  let bytes = 0;
  for (const file of files) {
    portion.push(file);
    bytes += file.size;
    if (bytes < maxBytes && portion.length < maxFiles) continue;
    yield portion;
    portion = [];
    bytes = 0;
  }
  if (portion.length > 0) yield portion;
}
