import { randomBytes } from 'node:crypto';
import type http from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { FileMetadata, Storage } from '@google-cloud/storage';
import { agentsFor } from '../bucket/agents.ts';
import { documentOf } from '../bucket/document.ts';
import { minioTransport } from '../minio/transport.ts';

/**
 * Requests by the library's credentials and Node's HTTP: the library waits for ever for an answer that broke off. Source: Cloud Storage JSON
 * API.
 */
export class DirectRequests {
  readonly #storage: Storage;
  readonly #bucket: string;
  readonly #endpoint: URL;
  readonly #agent: http.Agent;

  constructor(storage: Storage, bucket: string) {
    this.#storage = storage;
    this.#bucket = bucket;
    this.#endpoint = new URL(storage.apiEndpoint);
    this.#agent = agentsFor(this.#endpoint.origin, undefined)[this.#isSecure ? 'https' : 'http'];
  }

  /** @throws an error with the status of the answer */
  async get(
    key: string,
    generation: string | undefined,
    range: string | undefined,
  ): Promise<IncomingMessage> {
    const url = new URL(
      `/storage/v1/b/${encodeURIComponent(this.#bucket)}/o/${encodeURIComponent(key)}?alt=media`,
      this.#endpoint,
    );
    if (generation !== undefined) url.searchParams.set('generation', generation);
    return this.#send('GET', url, range === undefined ? {} : { range });
  }

  /**
   * Put an object. The server refuses bytes that do not have the checksum.
   * @param crc32c as Google writes it
   * @returns what the server says of it
   * @throws an error with the status of the answer
   */
  async put(key: string, bytes: Buffer, crc32c: string, ifAbsent: boolean): Promise<Readonly<FileMetadata>> {
    const url = new URL(
      `/upload/storage/v1/b/${encodeURIComponent(this.#bucket)}/o?uploadType=multipart`,
      this.#endpoint,
    );
    url.searchParams.set('name', key);
    if (ifAbsent) url.searchParams.set('ifGenerationMatch', '0');
    const contentType = 'application/octet-stream';
    const boundary = randomBytes(16).toString('hex');
    const facts = JSON.stringify({ name: key, crc32c, contentType });
    const head = `--${boundary}\r\ncontent-type: application/json; charset=UTF-8\r\n\r\n${facts}\r\n--${boundary}\r\ncontent-type: ${contentType}\r\n\r\n`;
    const body = [Buffer.from(head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)];
    const length = body.reduce((sum, part) => sum + part.length, 0);
    const headers = {
      'content-type': `multipart/related; boundary=${boundary}`,
      'content-length': String(length),
    };
    return JSON.parse(
      await documentOf(await this.#send('POST', url, headers, body), url.origin),
    ) as FileMetadata;
  }

  /** Ask for a document, or have one taken. `path` follows the bucket; undefined if the answer has none. */
  async json<T>(
    method: string,
    path: string,
    query: Readonly<Record<string, string>> = {},
    document?: object,
  ): Promise<T> {
    const url = new URL(`/storage/v1/b/${encodeURIComponent(this.#bucket)}${path}`, this.#endpoint);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const body = document === undefined ? [] : [Buffer.from(JSON.stringify(document))];
    const headers = {
      ...(document !== undefined && { 'content-type': 'application/json' }),
      ...(method !== 'GET' && { 'content-length': String(body[0]?.length ?? 0) }),
    };
    const answer = await documentOf(await this.#send(method, url, headers, body), url.origin);
    return (answer === '' ? undefined : JSON.parse(answer)) as T;
  }

  async #send(
    method: string,
    url: URL,
    headers: Readonly<Record<string, string>>,
    body: readonly Buffer[] = [],
  ): Promise<IncomingMessage> {
    const options = {
      method,
      hostname: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port,
      path: url.pathname + url.search,
      agent: this.#agent,
      headers: { ...(await this.#authorization()), ...headers },
    };
    return new Promise((resolve, reject) => {
      const sent = minioTransport(this.#isSecure).request(options, resolve).on('error', reject);
      for (const part of body) sent.write(part);
      sent.end();
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  get #isSecure(): boolean {
    return this.#endpoint.protocol === 'https:';
  }

  /** An emulator is asked without encryption, and gets no credentials. */
  async #authorization(): Promise<Readonly<Record<string, string>>> {
    if (!this.#isSecure) return {};
    const headers = await this.#storage.authClient.getRequestHeaders();
    return Object.fromEntries(new Headers(headers as Record<string, string>));
  }
}
