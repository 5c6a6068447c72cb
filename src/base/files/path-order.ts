import { compareUtf8 } from '../utf8-order.ts';

/** Compare two paths by their UTF-8 bytes, which is how manifests and keys of S3 are sorted: negative, zero or positive. */
export function comparePaths(a: string, b: string): number {
  return compareUtf8(a, b);
}

/** Join two sorted sequences: each path once, with what either side has there. */
export function* joinByPath<A, B>(
  left: Iterable<A>,
  right: Iterable<B>,
  pathOf: { readonly left: (item: A) => string; readonly right: (item: B) => string },
): Iterable<readonly [left: A | undefined, right: B | undefined]> {
  const lefts = left[Symbol.iterator]();
  const rights = right[Symbol.iterator]();
  let a = lefts.next();
  let b = rights.next();
  while (!a.done || !b.done) {
    const order = a.done ? 1 : b.done ? -1 : comparePaths(pathOf.left(a.value), pathOf.right(b.value));
    yield [order <= 0 ? a.value : undefined, order >= 0 ? b.value : undefined];
    if (order <= 0) a = lefts.next();
    if (order >= 0) b = rights.next();
  }
}

/** Join two sorted sequences as {@link joinByPath} does, while they are being read. */
export async function* joinStreams<A extends { readonly path: string }, B extends { readonly path: string }>(
  left: AsyncIterable<A> | Iterable<A>,
  right: AsyncIterable<B> | Iterable<B>,
): AsyncGenerator<readonly [left: A | undefined, right: B | undefined]> {
  const lefts = iterate(left);
  const rights = iterate(right);
  try {
    let a = await lefts.next();
    let b = await rights.next();
    while (!a.done || !b.done) {
      const order = a.done ? 1 : b.done ? -1 : comparePaths(a.value.path, b.value.path);
      yield [order <= 0 ? a.value : undefined, order >= 0 ? b.value : undefined];
      if (order <= 0) a = await lefts.next();
      if (order >= 0) b = await rights.next();
    }
  } finally {
    await lefts.return(undefined);
    await rights.return(undefined);
  }
}

async function* iterate<T>(items: AsyncIterable<T> | Iterable<T>): AsyncGenerator<T, undefined> {
  yield* items;
  return undefined;
}

/** Whether `path` is `folder` or lies in it, at any depth; everything lies in ''. A slash at the end of `folder` means nothing. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || folder === '' || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}

/** Whether `path` is, or lies in, one of the chosen files and folders. `only` undefined: all are chosen. */
export function isChosen(path: string, only: readonly string[] | undefined): boolean {
  return only === undefined || only.some((part) => isWithin(path, part));
}

/**
 * The chosen files and folders within `folder`, relative to it; undefined if all of it is chosen, none if nothing of it is.
 * @param only undefined: everything is chosen
 */
export function chosenWithin(folder: string, only: readonly string[] | undefined): string[] | undefined {
  if (isChosen(folder, only)) return undefined;
  return only!.flatMap((path) => (isWithin(path, folder) ? [path.slice(folder.length + 1)] : []));
}

/** The folders above a path, topmost first: of `a/b/c` and of the folder `a/b/c/`, `a` and `a/b`. */
export function foldersAbove(path: string): string[] {
  const folders: string[] = [];
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1))
    if (slash < path.length - 1) folders.push(path.slice(0, slash));
  return folders;
}
