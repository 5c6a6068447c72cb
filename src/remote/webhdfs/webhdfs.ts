/**
 * The client for HDFS by its REST interface, WebHDFS. It may not retry, nor know varve's keys: the remote does both for all clients alike.
 * Source: Apache Hadoop, "WebHDFS REST API".
 */

import type { IncomingMessage } from 'node:http';
import { userInfo } from 'node:os';
import { Readable } from 'node:stream';
import { type Agents, agentsFor } from '../bucket/agents.ts';
import type { GetRequest, OpenObject, Upload } from '../bucket/client.ts';
import { documentOf } from '../bucket/document.ts';
import { timedRequest } from '../bucket/timed-request.ts';
import { absent, type FileClient, type RemoteFile, stateOf } from '../files/client.ts';
import type { FilePlace } from '../url.ts';
import { redirectRefused } from '../web/public-address.ts';

/** Ports of a NameNode since Hadoop 3. */
const PORTS = { webhdfs: 9870, swebhdfs: 9871 } as const;
const REST = '/webhdfs/v1';

type HdfsPlace = FilePlace & { readonly kind: keyof typeof PORTS };

/** Open a folder of HDFS. Nothing is contacted yet. @param token a delegation token; that of HADOOP_TOKEN by default */
export function openWebHdfs(place: HdfsPlace, token = process.env.HADOOP_TOKEN): FileClient {
  return new WebHdfsFiles(place, token);
}

type Query = Readonly<Record<string, string | number | boolean>>;

interface FileStatus {
  readonly pathSuffix: string;
  readonly type: 'FILE' | 'DIRECTORY' | 'SYMLINK';
  readonly length: number;
  readonly modificationTime: number;
}

class WebHdfsFiles implements FileClient {
  readonly bucket: string;
  readonly server: string;
  readonly namedBy = 'the URL';
  readonly signIn =
    'Where the cluster asks for Kerberos, give a delegation token by HADOOP_TOKEN, as `curl --negotiate -u : "https://HOST:9871/webhdfs/v1/?op=GETDELEGATIONTOKEN"` makes one; where it does not, the user stands in the URL.';
  readonly rights = 'the right to read, write and list that folder';
  readonly certificates =
    'Where it has its own certificate authority, name that by NODE_EXTRA_CA_CERTS; where it speaks plain HTTP, write webhdfs:// in the URL.';
  readonly #isSecure: boolean;
  readonly #origin: string;
  readonly #root: string;
  readonly #identity: Query;
  readonly #agents = new Map<string, Agents>();

  constructor({ kind, host, port = PORTS[kind], path, user }: HdfsPlace, token: string | undefined) {
    this.#isSecure = kind === 'swebhdfs';
    this.#origin = `${this.#isSecure ? 'https' : 'http'}://${host}:${port}`;
    this.#root = path === '/' ? '' : path;
    this.bucket = path;
    // As messages and warnings of plain HTTP have it.
    this.server = this.#origin;
    const { HADOOP_USER_NAME: name } = process.env;
    this.#identity = token ? { delegation: token } : { 'user.name': user ?? (name || userInfo().username) };
  }

  async stat(path: string): Promise<RemoteFile | undefined> {
    try {
      const { FileStatus: status } = await this.#json<{ FileStatus: FileStatus }>(
        'GET',
        path,
        'GETFILESTATUS',
      );
      return factsOf(status);
    } catch (error) {
      if ((error as Fault).code === 'NoSuchKey') return undefined;
      throw error;
    }
  }

  async list(folder: string): Promise<RemoteFile[]> {
    const found: RemoteFile[] = [];
    try {
      for (let after: string | undefined; ; ) {
        const query = after === undefined ? {} : { startAfter: after };
        const { DirectoryListing: page } = await this.#json<Listing>(
          'GET',
          folder,
          'LISTSTATUS_BATCH',
          query,
        );
        const statuses = page.partialListing.FileStatuses.FileStatus;
        // Of a file, the list has it alone, without a name.
        found.push(...statuses.filter(({ pathSuffix }) => pathSuffix !== '').map(factsOf));
        const last = statuses.at(-1)?.pathSuffix;
        if (page.remainingEntries === 0 || !last || last === after) return found;
        after = last;
      }
    } catch (error) {
      if ((error as Fault).code === 'NoSuchKey') return [];
      throw error;
    }
  }

  async get(path: string, { offset = 0, length, etag }: GetRequest): Promise<OpenObject> {
    const found = await this.stat(path);
    if (found?.kind !== 'file') throw absent(path);
    const state = stateOf(found);
    if (etag !== undefined && etag !== state) throw fault('PreconditionFailed', 412, 'It was replaced');
    const left = Math.max(0, found.size - offset);
    const announced = Math.min(length ?? left, left);
    const opened = { length: announced, size: found.size, etag: state };
    if (announced === 0) return { ...opened, body: Readable.from([]) };
    const at = await this.#dataNode('GET', path, 'OPEN', { offset, length: announced });
    return { ...opened, body: await this.#answer('GET', at) };
  }

  /** A DataNode has confirmed every byte when it answers. */
  async create(path: string, upload: Upload): Promise<void> {
    const at = await this.#dataNode('PUT', path, 'CREATE', { overwrite: true });
    const answer = await this.#answer('PUT', at, upload);
    answer.resume();
  }

  async rename(from: string, to: string, overwrite: boolean): Promise<boolean> {
    const destination = `${this.#root}/${to}`;
    // The NameNode decides in one step, so that of two writers one gets the name.
    const renameoptions = overwrite ? 'OVERWRITE' : 'NONE';
    try {
      await this.#json('PUT', from, 'RENAME', { destination, renameoptions });
      return true;
    } catch (error) {
      if (!overwrite && (error as Fault).code === 'FileAlreadyExistsException') return false;
      throw error;
    }
  }

  async makeFolder(path: string): Promise<void> {
    await this.#json('PUT', path, 'MKDIRS');
  }

  async remove(path: string): Promise<void> {
    try {
      await this.#json('DELETE', path, 'DELETE', { recursive: false });
    } catch (error) {
      // A folder is no object.
      if ((error as Fault).code !== 'PathIsNotEmptyDirectoryException') throw error;
    }
  }

  close(): void {
    for (const agents of this.#agents.values()) {
      agents.http.destroy();
      agents.https.destroy();
    }
  }

  #urlOf(path: string, op: string, query: Query): URL {
    const full = path === '' ? this.#root || '/' : `${this.#root}/${path}`;
    const url = new URL(this.#origin + REST + full.split('/').map(encodeURIComponent).join('/'));
    for (const [name, value] of Object.entries({ op, ...this.#identity, ...query }))
      url.searchParams.set(name, String(value));
    return url;
  }

  async #json<T>(method: string, path: string, op: string, query: Query = {}): Promise<T> {
    const answer = await this.#answer(method, this.#urlOf(path, op, query));
    const body = await documentOf(answer, `${op} of ${this.#origin}`);
    return (body === '' ? {} : JSON.parse(body)) as T;
  }

  /**
   * Ask the NameNode which DataNode to send a request to. It may choose any host, since only it knows its cluster, but nothing else than this
   * request there.
   * @throws VarveError `redirect-refused`
   */
  async #dataNode(method: string, path: string, op: string, query: Query): Promise<URL> {
    const url = this.#urlOf(path, op, query);
    const answer = await this.#answer(method, url, undefined, [307]);
    answer.resume();
    const { location = '' } = answer.headers;
    // HttpFS answers by itself, and sends where it is.
    const at = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
    const isSame =
      at?.protocol === url.protocol && pathOf(at) === pathOf(url) && at.searchParams.get('op') === op;
    if (!isSame) throw redirectRefused('to what is no DataNode', this.server);
    return at;
  }

  async #answer(
    method: string,
    url: URL,
    upload?: Upload,
    expected: readonly number[] = [200, 201],
  ): Promise<IncomingMessage> {
    const agents = this.#agentsOf(url);
    const length = upload?.length ?? 0;
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = timedRequest(this.#isSecure, {
        method,
        hostname: url.hostname.replace(/^\[|\]$/g, ''),
        port: url.port,
        path: url.pathname + url.search,
        agent: this.#isSecure ? agents.https : agents.http,
        headers: {
          host: url.host,
          ...(method === 'PUT' && { 'content-length': length, 'content-type': 'application/octet-stream' }),
        },
      });
      sent.once('response', resolve).on('error', reject);
      const body = upload?.open();
      if (!(body instanceof Readable)) return void sent.end(body);
      body.once('error', (error) => {
        sent.destroy();
        reject(error);
      });
      sent.once('close', () => body.destroy());
      body.pipe(sent);
    });
    if (expected.includes(answer.statusCode ?? 0)) return answer;
    throw await faultOf(answer);
  }

  #agentsOf({ origin }: URL): Agents {
    const known = this.#agents.get(origin) ?? agentsFor(origin, undefined);
    this.#agents.set(origin, known);
    return known;
  }
}

/** Hadoop encodes fewer letters than varve does; undefined of what is wrongly encoded. */
function pathOf({ pathname }: URL): string | undefined {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return undefined;
  }
}

interface Listing {
  readonly DirectoryListing: {
    readonly partialListing: { readonly FileStatuses: { readonly FileStatus: readonly FileStatus[] } };
    readonly remainingEntries: number;
  };
}

const KINDS = { FILE: 'file', DIRECTORY: 'folder', SYMLINK: 'link' } as const;

function factsOf({ pathSuffix, type, length, modificationTime }: FileStatus): RemoteFile {
  return {
    name: pathSuffix,
    kind: KINDS[type] ?? 'other',
    size: length,
    modified: new Date(modificationTime),
  };
}

type Fault = Error & { readonly code: string; readonly status: number };

function fault(code: string, status: number, message: string): Fault {
  return Object.assign(new Error(message), { code, status });
}

/** Hadoop's exceptions by the codes that all clients share. Their statuses say little: most come with 403. */
const CODES: Readonly<Record<string, string>> = {
  FileNotFoundException: 'NoSuchKey',
  ParentNotDirectoryException: 'NotADirectory',
  AccessControlException: 'AccessDenied',
  AuthenticationException: 'CredentialsMissing',
  SecurityException: 'CredentialsMissing',
  InvalidToken: 'InvalidToken',
  SecretManager$InvalidToken: 'InvalidToken',
  StandbyException: 'ServiceUnavailable',
  RetriableException: 'ServiceUnavailable',
  SafeModeException: 'ServiceUnavailable',
  DSQuotaExceededException: 'QuotaExceeded',
  NSQuotaExceededException: 'QuotaExceeded',
  // Of a cluster in which too few DataNodes answer.
  IOException: 'InternalError',
};
const CODES_BY_STATUS: Readonly<Record<number, string>> = {
  401: 'CredentialsMissing',
  403: 'AccessDenied',
  404: 'NoSuchKey',
};

async function faultOf(answer: IncomingMessage): Promise<Fault> {
  const { statusCode = 0 } = answer;
  let said: { exception?: string; message?: string } = {};
  try {
    said =
      (JSON.parse(await documentOf(answer, 'An answer')) as { RemoteException?: typeof said })
        .RemoteException ?? {};
  } catch {
    // Proxies answer otherwise.
  }
  const { exception = '', message = '' } = said;
  // Whoever looks below a file is told so as one who may not look there.
  const isBelowFile = exception === 'AccessControlException' && /\bis not a directory\b/i.test(message);
  const code = isBelowFile
    ? 'NotADirectory'
    : (CODES[exception] ?? (exception || CODES_BY_STATUS[statusCode]) ?? `HTTP ${statusCode}`);
  const [first = ''] = message.split('\n', 1);
  // Only those that the statuses of HTTP speak for: of others, a 403 would say that the user lacks a right.
  const isPlain = exception === '' || code === 'AccessDenied' || code === 'NoSuchKey';
  return Object.assign(new Error(first), { code, ...(isPlain && { status: statusCode }) }) as Fault;
}
