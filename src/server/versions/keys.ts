import { comparePaths } from '../../base/files/path-order.ts';

/** A sorted sequence of keys, parts of which are looked at only when they are needed. */
export interface KeySequence<T> {
  readonly length: number;
  /** The place of the first node that is at `key`, behind it, or around it. */
  lowerBound(key: string): number;
  at(index: number): KeyNode<T>;
}

/** One key, or all keys with a prefix. */
export type KeyNode<T> =
  | { readonly key: string; readonly object: T }
  | { readonly prefix: string; open(): Promise<KeySequence<T>> };

/** One line of a listing: a key, or what the keys of a common prefix are rolled up into. */
export type ListedKey<T> = { readonly key: string; readonly object: T } | { readonly commonPrefix: string };

export interface KeyQuery {
  /** The listed keys begin with it. */
  readonly prefix: string;
  /** Keys whose rest behind the prefix has it are rolled up to there; '' rolls nothing up. */
  readonly delimiter: string;
  /** The listed keys, and common prefixes, are behind it. */
  readonly after: string;
}

/** List keys in the order of their bytes. What a common prefix stands for is skipped by bisection, not read. */
export async function* listKeys<T>(sequence: KeySequence<T>, query: KeyQuery): AsyncGenerator<ListedKey<T>> {
  for (let at = sequence.lowerBound(startOf(query)); at < sequence.length; ) {
    const node = sequence.at(at);
    if (isBehind(nameOf(node), query.prefix)) return;
    let commonPrefix: string | undefined;
    for await (const listed of listNode(node, query)) {
      yield listed;
      commonPrefix = 'commonPrefix' in listed ? listed.commonPrefix : undefined;
    }
    // It may reach over several nodes, or only over some keys of this one.
    at = Math.max(at + 1, commonPrefix === undefined ? 0 : placeBehind(sequence, commonPrefix));
  }
}

async function* listNode<T>(node: KeyNode<T>, query: KeyQuery): AsyncGenerator<ListedKey<T>> {
  const name = nameOf(node);
  const isAfter = comparePaths(name, query.after) > 0;
  const commonPrefix = rolledUp(name, query);
  if (commonPrefix !== undefined && isAfter) yield { commonPrefix };
  // Some of the keys with this prefix may be behind where the listing starts, even if their prefix is not.
  else if ('prefix' in node) yield* listKeys(await node.open(), query);
  else if (isAfter && name.startsWith(query.prefix)) yield node;
}

function placeBehind<T>(sequence: KeySequence<T>, prefix: string): number {
  const next = behindAll(prefix);
  return next === undefined ? sequence.length : sequence.lowerBound(next);
}

/** No listed key is before it. A common prefix that was the last of a page stands for all that begins with it. */
function startOf(query: KeyQuery): string {
  const { prefix, after } = query;
  if (rolledUp(after, query) === after) return behindAll(after) ?? after;
  return comparePaths(prefix, after) > 0 ? prefix : after;
}

/** The common prefix that a name belongs to; undefined if it stands for itself. */
function rolledUp(name: string, { prefix, delimiter }: KeyQuery): string | undefined {
  if (delimiter === '' || !name.startsWith(prefix)) return undefined;
  const end = name.indexOf(delimiter, prefix.length);
  return end < 0 ? undefined : name.slice(0, end + delimiter.length);
}

/** Find the object of a key; undefined if there is none. */
export async function findKey<T>(sequence: KeySequence<T>, key: string): Promise<T | undefined> {
  const at = sequence.lowerBound(key);
  if (at >= sequence.length) return undefined;
  const node = sequence.at(at);
  if ('key' in node) return node.key === key ? node.object : undefined;
  return key.startsWith(node.prefix) ? findKey(await node.open(), key) : undefined;
}

/** Make a sequence of nodes that are sorted by their keys and prefixes, of which no prefix is the beginning of another node. */
export function sequenceOf<T>(nodes: readonly KeyNode<T>[]): KeySequence<T> {
  return {
    length: nodes.length,
    at: (index) => nodes[index]!,
    lowerBound(key) {
      let low = 0;
      let high = nodes.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        const node = nodes[middle]!;
        const isAround = 'prefix' in node && key.startsWith(node.prefix);
        if (!isAround && comparePaths(nameOf(node), key) < 0) low = middle + 1;
        else high = middle;
      }
      return low;
    },
  };
}

/** The keys of a sequence, each behind `base`. */
export function withBase<T>(sequence: KeySequence<T>, base: string): KeySequence<T> {
  return {
    length: sequence.length,
    at(index) {
      const node = sequence.at(index);
      if ('key' in node) return { key: base + node.key, object: node.object };
      return { prefix: base + node.prefix, open: async () => withBase(await node.open(), base) };
    },
    lowerBound(key) {
      if (key.startsWith(base)) return sequence.lowerBound(key.slice(base.length));
      return comparePaths(key, base) < 0 ? 0 : sequence.length;
    },
  };
}

function nameOf<T>(node: KeyNode<T>): string {
  return 'key' in node ? node.key : node.prefix;
}

/** Whether a name, and so all behind it, is behind all that begins with `prefix`. */
function isBehind(name: string, prefix: string): boolean {
  return comparePaths(name, prefix) > 0 && !name.startsWith(prefix);
}

const LAST_CODE_POINT = 0x10ffff;
const FIRST_SURROGATE = 0xd800;
const LAST_SURROGATE = 0xdfff;

/** The least text behind everything that begins with `prefix`, which is not ''; undefined if there is none. */
function behindAll(prefix: string): string | undefined {
  const points = [...prefix];
  while (points.at(-1)?.codePointAt(0) === LAST_CODE_POINT) points.pop();
  const last = points.pop()?.codePointAt(0);
  if (last === undefined) return undefined;
  const next = last + 1 === FIRST_SURROGATE ? LAST_SURROGATE + 1 : last + 1;
  return points.join('') + String.fromCodePoint(next);
}
