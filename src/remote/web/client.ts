/**
 * The client for what a web server shows to everybody: objects by GET, their facts by HEAD. It sends no credentials, writes nothing, and
 * may not retry.
 */

import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { getProxyForUrl } from 'proxy-from-env';
import { type Agents, agentsFor } from '../bucket/agents.ts';
import type { GetRequest, OpenObject, StoredObject } from '../bucket/client.ts';
import { documentOf } from '../bucket/document.ts';
import type { Reading } from '../bucket/requests.ts';
import { timedRequest } from '../bucket/timed-request.ts';
import { notPublic, publicLookup, redirectRefused, refusePrivateHost } from './public-address.ts';

const MAX_REDIRECTS = 5;
const OK = 200;
const PARTIAL = 206;
/** How servers say that they know no HEAD: RFC 9110, sections 15.5.6 and 15.6.2. */
const NO_HEAD = [405, 501];
const CODES: Readonly<Record<number, string>> = {
  401: 'AccessDenied',
  403: 'AccessDenied',
  404: 'NoSuchKey',
  410: 'NoSuchKey',
  416: 'InvalidRange',
};

type Headers = Readonly<Record<string, string>>;

interface Answered {
  readonly answer: IncomingMessage;
  /** Where the redirects, if any, have led. */
  readonly at: URL;
}

export class WebClient implements Reading {
  readonly bucket: string;
  readonly server: string;
  readonly namedBy = 'the URL';
  readonly signIn = 'varve sends no credentials to web servers: name a place that everybody may read.';
  readonly rights = 'the right of everybody to read it';
  readonly certificates =
    'Where it has its own certificate authority, name that by NODE_EXTRA_CA_CERTS; where it speaks plain HTTP, write http:// in the URL.';
  readonly #base: URL;
  readonly #agents = new Map<string, Agents>();

  /** @param base URL of a folder, ending in '/' */
  constructor(base: string) {
    this.bucket = base;
    this.#base = new URL(base);
    this.server = this.#base.host;
  }

  /** The URL of what lies at a path below the folder; '' is what the folder's URL names without its slash at the end. */
  urlOf(path: string): URL {
    if (path === '') return new URL(this.#base.href.replace(/\/$/, ''));
    return new URL(this.#base.href + path.split('/').map(encodeURIComponent).join('/'));
  }

  async head(path: string): Promise<StoredObject> {
    const url = this.urlOf(path);
    const { answer, at } = await this.#ask('HEAD', url).catch((error: Fault) => {
      if (!NO_HEAD.includes(error.status)) throw error;
      return this.#ask('GET', url);
    });
    answer.destroy();
    // A page about what lies in a folder is no object.
    if (at.pathname.endsWith('/')) throw fault('NoSuchKey', 404, 'It is a folder');
    const { headers } = answer;
    const size = sizeOf(answer);
    const state = stateOf(headers, size);
    return {
      key: path,
      size,
      modified: timeOf(headers) ?? new Date(0),
      ...(state !== undefined && { etag: state }),
      hasSha256: false,
    };
  }

  /** A part that is asked for is cut out here where the server sends the whole: not every server knows ranges. */
  async get(path: string, { offset = 0, length, etag }: GetRequest): Promise<OpenObject> {
    const isRange = offset > 0 || length !== undefined;
    const last = length === undefined ? '' : offset + length - 1;
    const { answer } = await this.#ask(
      'GET',
      this.urlOf(path),
      isRange ? { range: `bytes=${offset}-${last}` } : {},
    );
    try {
      return opened(answer, offset, length, etag);
    } catch (error) {
      answer.destroy();
      throw error;
    }
  }

  /** Read a document that lists files. @throws an error with the code of the answer */
  async document(url: URL): Promise<{ readonly type: string; readonly text: string; readonly url: URL }> {
    const { answer } = await this.#ask('GET', url);
    const type = answer.headers['content-type'] ?? '';
    return { type, text: await documentOf(answer, url.href), url };
  }

  close(): void {
    for (const agents of this.#agents.values()) {
      agents.http.destroy();
      agents.https.destroy();
    }
  }

  /** Follow redirects, as far as they lead to public places, and throw for every other answer that is not the thing itself. */
  async #ask(method: string, first: URL, headers: Headers = {}): Promise<Answered> {
    let url = first;
    for (let hops = 0; ; hops++) {
      const answer = await this.#send(method, url, headers);
      const status = answer.statusCode ?? 0;
      if (status === OK || status === PARTIAL) return { answer, at: url };
      answer.destroy();
      const { location } = answer.headers;
      if (status < 300 || status >= 400 || location === undefined) throw faultOf(answer);
      if (hops === MAX_REDIRECTS) throw redirectRefused('again and again', first.href);
      url = this.#redirected(url, location);
    }
  }

  /** @throws VarveError `redirect-refused` */
  #redirected(from: URL, location: string): URL {
    if (!URL.canParse(location, from.href)) throw redirectRefused('to what is no URL', from.href);
    const to = new URL(location, from);
    const isSecure = to.protocol === 'https:';
    if (!isSecure && !(to.protocol === 'http:' && from.protocol === 'http:'))
      throw redirectRefused(`to ${to.protocol}//, without encryption`, from.href);
    if (!this.#isOwn(to)) refusePrivateHost(to);
    return to;
  }

  /** Whether a URL is at the server that was named, which alone may be one of a private network. */
  #isOwn({ origin, hostname, protocol, port }: URL): boolean {
    const isOwnByTls = hostname === this.#base.hostname && protocol === 'https:' && port === '';
    return origin === this.#base.origin || (isOwnByTls && this.#base.port === '');
  }

  async #send(method: string, url: URL, headers: Headers): Promise<IncomingMessage> {
    const isSecure = url.protocol === 'https:';
    const isOwn = this.#isOwn(url);
    if (!isOwn && getProxyForUrl(url.href) !== '') await judged(url.hostname);
    const agents = this.#agentsOf(url);
    const sent = timedRequest(isSecure, {
      method,
      hostname: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port,
      path: url.pathname + url.search,
      agent: isSecure ? agents.https : agents.http,
      // Bytes as they lie there: what is compressed on its way has neither their length nor their ranges.
      headers: { host: url.host, 'accept-encoding': 'identity', 'user-agent': 'varve', ...headers },
      ...(!isOwn && { lookup: publicLookup as never }),
    });
    return new Promise((resolve, reject) => {
      sent.once('response', resolve).on('error', reject).end();
    });
  }

  /** Connections to the server that was named are no one else's: those were made without a look at the address. */
  #agentsOf(url: URL): Agents {
    const known = this.#agents.get(url.origin);
    if (known !== undefined) return known;
    const made = agentsFor(url.origin, undefined);
    this.#agents.set(url.origin, made);
    return made;
  }
}

/** A proxy looks names up by itself, so that this is done before it is asked. @throws VarveError `redirect-refused` */
function judged(host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    publicLookup(host, { all: true }, (error) => (error === null ? resolve() : reject(notPublic(host))));
  });
}

function opened(
  answer: IncomingMessage,
  offset: number,
  length: number | undefined,
  etag: string | undefined,
): OpenObject {
  const { headers, statusCode } = answer;
  const size = sizeOf(answer);
  const state = stateOf(headers, size);
  if (etag !== undefined && state !== etag) throw fault('PreconditionFailed', 412, 'It was replaced');
  const left = Math.max(0, size - offset);
  const announced = Math.min(length ?? left, left);
  if (statusCode === PARTIAL && firstByte(headers['content-range']) !== offset)
    throw fault('RangeIgnored', 416, 'Another range than the one that was asked for came');
  const isAll = offset === 0 && announced === size;
  const body = statusCode === PARTIAL || isAll ? answer : cut(answer, offset, announced);
  return { body, length: announced, size, ...(state !== undefined && { etag: state }) };
}

/** Let a part of a body pass, and end it behind that. */
function cut(body: IncomingMessage, offset: number, length: number): Readable {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    let at = 0;
    for await (const piece of body as AsyncIterable<Buffer>) {
      const part = piece.subarray(Math.max(0, offset - at), Math.max(0, offset + length - at));
      at += piece.length;
      if (part.length > 0) yield part;
      if (at >= offset + length) return;
    }
  }
  return Readable.from(pieces(), { objectMode: false });
}

/** Size of the whole object in bytes. */
function sizeOf({ headers, statusCode }: IncomingMessage): number {
  const said = statusCode === PARTIAL ? headers['content-range']?.split('/')[1] : headers['content-length'];
  if (said !== undefined && /^\d+$/.test(said) && Number.isSafeInteger(Number(said))) return Number(said);
  throw fault('LengthMissing', 411, 'The server does not say how long it is');
}

function firstByte(range: string | undefined): number | undefined {
  const digits = /^bytes (\d+)-/i.exec(range ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** What tells one state of a file from the next: its ETag, or its time and size where the server has none. */
function stateOf({ etag, ...headers }: IncomingMessage['headers'], size: number): string | undefined {
  if (etag !== undefined && etag !== '') return etag.replaceAll('"', '');
  const modified = timeOf(headers);
  return modified === undefined ? undefined : `${modified.getTime()}-${size}`;
}

function timeOf({ 'last-modified': text }: IncomingMessage['headers']): Date | undefined {
  const time = new Date(text ?? '');
  return Number.isNaN(time.getTime()) ? undefined : time;
}

type Fault = Error & { readonly code: string; readonly status: number };

function fault(code: string, status: number, message: string, retryAfter?: string): Fault {
  return Object.assign(new Error(message), { code, status, ...(retryAfter !== undefined && { retryAfter }) });
}

function faultOf({ statusCode = 0, statusMessage = '', headers }: IncomingMessage): Fault {
  return fault(CODES[statusCode] ?? `HTTP ${statusCode}`, statusCode, statusMessage, headers['retry-after']);
}
