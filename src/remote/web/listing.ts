import { inOrder } from '../../base/threads/concurrency.ts';
import { VarveError } from '../../errors.ts';
import type { StoredObject } from '../bucket/client.ts';
import { faultOf, isAbsence } from '../bucket/error-classes.ts';
import { RequestFailed, type Requests } from '../bucket/requests.ts';
import { element } from '../minio/transport.ts';
import type { WebClient } from './client.ts';

/** A list of the files below a folder of a web server, which has no listings by itself: one path a line. */
export const FILE_LIST = 'varve-files.txt';
/** Requests on their way at once. */
const AT_ONCE = 16;
/** No path is longer: a server can go on for ever by pages that it makes up. */
const MAX_PATH_LENGTH = 4096;
/** As the pages of Apache, nginx, lighttpd, Python, Caddy and others are titled; other pages may link to anything. */
const INDEX_TITLE = /<title>[^<]*(?:index of|directory listing|files within|listing directory)/i;
const LINK = /<a\s[^>]*?href\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/gi;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

/** How a place lists its files: by a list that lies there, by pages of links, or as a bucket does. */
type Way =
  | { readonly kind: 'list'; readonly paths: readonly string[] }
  | { readonly kind: 'pages' }
  | { readonly kind: 'bucket'; readonly root: URL; readonly prefix: string };

/** Lists what lies below a folder of a web server, in no promised order. */
export class WebListing {
  readonly #requests: Requests<WebClient>;
  #way: Promise<Way> | undefined;

  constructor(requests: Requests<WebClient>) {
    this.#requests = requests;
  }

  /**
   * List what has a path that begins with `prefix`.
   * @throws VarveError `listing-missing`; RequestFailed
   */
  async *files(prefix: string): AsyncGenerator<StoredObject> {
    this.#way ??= this.#findWay();
    const way = await this.#way.catch((error: unknown) => {
      this.#way = undefined;
      throw error;
    });
    // A list is read anew each time, as a page or a bucket is.
    if (way.kind === 'list') this.#way = undefined;
    if (way.kind === 'bucket') return yield* this.#objects(way.root, way.prefix, prefix);
    const paths = way.kind === 'list' ? way.paths : this.#linked(prefix);
    // One that went away meanwhile is none.
    for await (const file of inOrder(withPrefix(paths, prefix), AT_ONCE, (path) => this.#find(path)))
      if (file !== undefined) yield file;
  }

  async #findWay(): Promise<Way> {
    const list = await this.#document(FILE_LIST);
    if (list !== undefined && !/html/i.test(list.type)) return { kind: 'list', paths: pathsIn(list.text) };
    const page = await this.#documentAt(this.#folderUrl(''));
    if (page !== undefined && INDEX_TITLE.test(page.text)) return { kind: 'pages' };
    for (const { root, prefix } of this.#possibleBuckets()) {
      const answer = await this.#documentAt(pageOfBucket(root, prefix, undefined, 1));
      if (answer !== undefined && isBucket(answer.text)) return { kind: 'bucket', root, prefix };
    }
    throw await this.#whyNoListing();
  }

  /** Tell a folder that shows no list from what is not there, or is a file. */
  async #whyNoListing(): Promise<VarveError> {
    const { client } = this.#requests;
    const own = client.urlOf('').href;
    if ((await this.#find('')) !== undefined) return isFile(own);
    try {
      await this.#requests.run(() => client.document(this.#folderUrl('')));
    } catch (error) {
      if (error instanceof RequestFailed && isAbsence(error.fault)) return notThere(own, error.fault.status);
    }
    return listingMissing(client.bucket);
  }

  /** A bucket is a host of its own, or the first step of the path. */
  #possibleBuckets(): { readonly root: URL; readonly prefix: string }[] {
    const base = this.#folderUrl('');
    const steps = base.pathname.slice(1).split('/').map(decodedStep);
    const [first = '', ...rest] = steps;
    return [
      { root: new URL('/', base), prefix: steps.join('/') },
      ...(first === ''
        ? []
        : [{ root: new URL(`/${encodeURIComponent(first)}`, base), prefix: rest.join('/') }]),
    ];
  }

  async *#objects(root: URL, below: string, prefix: string): AsyncGenerator<StoredObject> {
    for (let token: string | undefined; ; ) {
      const url = pageOfBucket(root, below + prefix, token);
      const { text } = await this.#requests.run(() => this.#requests.client.document(url));
      for (const [, contents = ''] of text.matchAll(/<Contents>(.*?)<\/Contents>/gs)) {
        const object = objectOf(contents);
        if (object.key.startsWith(below)) yield { ...object, key: object.key.slice(below.length) };
      }
      const next = element(text, 'NextContinuationToken');
      if (element(text, 'IsTruncated') !== 'true' || next === undefined || next === token) return;
      token = unescaped(next);
    }
  }

  /** The paths of the files on pages of links, many pages at once. */
  async *#linked(prefix: string): AsyncGenerator<string> {
    let folders = [prefix.slice(0, prefix.lastIndexOf('/') + 1)];
    while (folders.length > 0) {
      const deeper: string[] = [];
      for await (const paths of inOrder(folders, AT_ONCE, (folder) => this.#linksOf(folder))) {
        for (const path of paths) {
          if (!path.endsWith('/')) yield path;
          else if (path.startsWith(prefix) || prefix.startsWith(path)) deeper.push(path);
        }
      }
      folders = deeper;
    }
  }

  async #linksOf(folder: string): Promise<readonly string[]> {
    const url = this.#folderUrl(folder);
    const page = await this.#documentAt(url);
    if (page === undefined) return [];
    if (!INDEX_TITLE.test(page.text)) throw listingMissing(url.href);
    return linksIn(page.text, url).map((name) => folder + name);
  }

  #folderUrl(folder: string): URL {
    const { client } = this.#requests;
    return folder === '' ? new URL(client.bucket) : new URL(`${client.urlOf(folder.slice(0, -1)).href}/`);
  }

  #document(path: string) {
    return this.#documentAt(this.#requests.client.urlOf(path));
  }

  /** Undefined where there is none, or where it is not shown to everybody. */
  async #documentAt(url: URL) {
    try {
      return await this.#requests.run(() => this.#requests.client.document(url));
    } catch (error) {
      const isRefused = error instanceof RequestFailed && [400, 403].includes(error.fault.status ?? 0);
      if (isRefused || (error instanceof RequestFailed && isAbsence(error.fault))) return undefined;
      throw error;
    }
  }

  async #find(path: string): Promise<StoredObject | undefined> {
    try {
      return await this.#requests.run(() => this.#requests.client.head(path));
    } catch (error) {
      if (isAbsence(error instanceof RequestFailed ? error.fault : faultOf(error))) return undefined;
      throw error;
    }
  }
}

async function* withPrefix(
  paths: AsyncIterable<string> | readonly string[],
  prefix: string,
): AsyncGenerator<string> {
  for await (const path of paths) if (path.startsWith(prefix)) yield path;
}

/** Lines as `find . -type f` writes them, too. */
function pathsIn(text: string): string[] {
  const lines = text.split(/\r?\n/).map((line) => line.replace(/^\.\//, ''));
  return [...new Set(lines)].filter((line) => line !== '' && line !== FILE_LIST);
}

/** The names that a page links to and that lie in its own folder: those of folders end in '/'. Everything else is passed over. */
function linksIn(page: string, folder: URL): string[] {
  const names = new Set<string>();
  for (const [, double, single, bare] of page.matchAll(LINK)) {
    const target = unescaped(double ?? single ?? bare ?? '');
    if (!URL.canParse(target, folder.href)) continue;
    const { origin, pathname, search } = new URL(target, folder);
    if (origin !== folder.origin || search !== '' || !pathname.startsWith(folder.pathname)) continue;
    const name = decodedStep(pathname.slice(folder.pathname.length));
    const isOneStep = /^[^/]+\/?$/.test(name) && !['.', './', '..', '../'].includes(name);
    if (isOneStep && folder.pathname.length + name.length <= MAX_PATH_LENGTH && name !== FILE_LIST)
      names.add(name);
  }
  return [...names];
}

/** Source: Amazon S3 API reference, ListObjectsV2. Google Cloud Storage answers alike. */
function pageOfBucket(root: URL, prefix: string, token: string | undefined, limit = 1000): URL {
  const url = new URL(root);
  url.searchParams.set('list-type', '2');
  url.searchParams.set('encoding-type', 'url');
  url.searchParams.set('max-keys', String(limit));
  url.searchParams.set('prefix', prefix);
  if (token !== undefined) url.searchParams.set('continuation-token', token);
  return url;
}

function isBucket(text: string): boolean {
  return /<ListBucketResult[\s>]/.test(text.slice(0, 1000));
}

function objectOf(contents: string): StoredObject {
  const etag = unescaped(element(contents, 'ETag') ?? '').replaceAll('"', '');
  return {
    key: decodedStep((element(contents, 'Key') ?? '').replaceAll('+', ' ')),
    size: Number(element(contents, 'Size') ?? 0),
    modified: new Date(element(contents, 'LastModified') ?? 0),
    ...(etag !== '' && { etag }),
    hasSha256: false,
  };
}

function unescaped(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => ENTITIES[name]!);
}

/** What is wrongly encoded stays as it is. */
function decodedStep(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function notThere(url: string, status = 404): VarveError {
  return new VarveError(
    'listing-missing',
    `The web server answers ${status} for ${url}: there is no such file, and no list of files`,
    {
      path: url,
      remedy: `Check the URL for mistakes. Where it is a folder, put a list of its files there, made in that folder by \`find . -type f > ${FILE_LIST}\`.`,
    },
  );
}

function isFile(url: string): VarveError {
  return new VarveError('listing-missing', `${url} is a file, and no folder of files`, {
    path: url,
    remedy: 'Name the folder of a remote; a single file is used in place by `varve add URL --to PATH`.',
  });
}

function listingMissing(url: string): VarveError {
  return new VarveError('listing-missing', `The web server does not say which files lie at ${url}`, {
    path: url,
    remedy: `Put a list of them there, made in that folder by \`find . -type f > ${FILE_LIST}\`; or name a single file.`,
  });
}
