import { comparePaths } from '../../base/files/path-order.ts';
import type { StoredObject } from './client.ts';
import type { Requests } from './requests.ts';

/** Listings under way at once; each holds one page of at most 1,000 objects. */
const AT_ONCE = 16;
/** Pieces that one cut makes. */
const PIECES = 16;

/** Keys behind `after` (exclusive) up to `last` (inclusive), in the order of their UTF-8 bytes. */
interface Range {
  readonly after?: string;
  readonly last?: string;
  /** Token from the page before, if there is more. */
  readonly token?: string;
  /** The folder whose subfolders may cut this range; without it, it is listed page by page. */
  readonly folder?: string;
}

interface Step {
  readonly objects: readonly StoredObject[];
  readonly rest: readonly Range[];
}

/**
 * Every object under `prefix`, in no promised order. What does not fit one page is cut at the folders that lie there, and the
 * pieces are listed in parallel: a tree of n objects costs about n / 1,000 requests, sixteen at a time. Memory: some pages,
 * whatever the number of objects.
 * @throws RequestFailed
 */
export async function* listTree(
  requests: Requests,
  prefix: string,
  versions = false,
): AsyncGenerator<StoredObject> {
  const waiting: Range[] = [requests.client.canSeek === false ? {} : { folder: prefix }];
  const running = new Set<Promise<Step>>();
  while (waiting.length > 0 || running.size > 0) {
    while (waiting.length > 0 && running.size < AT_ONCE) {
      const step = listStep(requests, prefix, waiting.pop()!, versions);
      // The failure of one that nobody waits for any more must not count as unhandled.
      step.catch(() => undefined);
      running.add(step);
    }
    const [step, done] = await Promise.race([...running].map(async (one) => [one, await one] as const));
    running.delete(step);
    waiting.push(...done.rest);
    yield* done.objects;
  }
}

/** One page of a range, and what is left of the range behind it. */
async function listStep(requests: Requests, prefix: string, range: Range, versions: boolean): Promise<Step> {
  const { after, last, token } = range;
  const from = token !== undefined ? { token } : after !== undefined ? { after } : {};
  const page = await requests.run(() => requests.client.list({ prefix, versions, ...from }));
  const end = page.objects.at(-1)?.key ?? after;
  const isPast = last !== undefined && end !== undefined && comparePaths(end, last) > 0;
  const objects = isPast ? page.objects.filter(({ key }) => comparePaths(key, last) <= 0) : page.objects;
  if (isPast || page.token === undefined) return { objects, rest: [] };
  const next: Range = { ...range, token: page.token };
  if (range.folder === undefined || end === undefined) return { objects, rest: [next] };
  return { objects, rest: await cut(requests, next, range.folder, end) };
}

/** Cut what lies behind the key `end` of a range at the subfolders of `folder`. */
async function cut(requests: Requests, range: Range, folder: string, end: string): Promise<Range[]> {
  const page = await requests.run(() => requests.client.list({ prefix: folder, folders: true, after: end }));
  const borders = page.folders.filter(
    (border) =>
      comparePaths(border, end) > 0 && (range.last === undefined || comparePaths(border, range.last) < 0),
  );
  const [first] = borders;
  const deeper = deeperFolder(folder, end);
  if (first === undefined) return [within(range, deeper)];
  const group = Math.ceil(borders.length / PIECES);
  const ranges = [within({ ...range, last: first }, deeper)];
  for (let from = 0; from < borders.length; from += group) {
    const after = borders[from]!;
    const last = borders[from + group] ?? range.last;
    const isLast = from + group >= borders.length;
    // The last piece also holds the folders that did not fit the page.
    const inner = isLast && page.token !== undefined ? folder : group === 1 ? after : undefined;
    ranges.push(within({ after, ...(last === undefined ? {} : { last }) }, inner));
  }
  return ranges;
}

function within({ folder: _, ...range }: Range, folder: string | undefined): Range {
  return folder === undefined ? range : { ...range, folder };
}

/** The subfolder of `folder` in which `key` lies. */
function deeperFolder(folder: string, key: string): string | undefined {
  if (!key.startsWith(folder)) return undefined;
  const slash = key.indexOf('/', folder.length);
  return slash < 0 ? undefined : key.slice(0, slash + 1);
}
