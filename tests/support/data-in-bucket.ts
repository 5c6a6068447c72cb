import { readdirSync, readFileSync } from 'node:fs';
import { sha256 } from '../remote/contract.ts';
import type { MinioServer } from './minio.ts';
import type { Sandbox } from './sandbox.ts';

export const CSV = 'id,name\n1,a\n2,b\n';
/** More than fits a pack's blob, so that it passes through a file and is cut into chunks. */
export const LARGE = Buffer.alloc(700_000, 'all work and no play makes jack a dull boy\n').toString();

export interface AddedInPlace {
  readonly datasets: readonly { change: string; files: number; bytes: number; digest: string }[];
}

interface Refusal {
  readonly error: { readonly code: string; readonly message: string; readonly path: string; remedy: string };
}

/** Data that stays in a bucket of its own, and a repository that has it as `data/raw`. */
export class DataInBucket {
  /** Empty until `fill` made one. */
  bucket = '';
  readonly #server: MinioServer;
  readonly #box: Sandbox;

  constructor(server: MinioServer, box: Sandbox) {
    this.#server = server;
    this.#box = box;
    Object.assign(box.repository().env, server.env);
  }

  async fill(options: { versioned: boolean }): Promise<void> {
    this.bucket = await this.#server.makeBucket(options);
    await this.put('raw/a.csv', CSV);
    await this.put('raw/sub/large.csv', LARGE);
    await this.putWithChecksum('raw/sub/ü b.txt', 'known');
    await this.put('raw/sub/', '');
    await this.put('rawer/no.csv', 'not of it');
  }

  put(key: string, content: string) {
    return this.#server.client.putObject(this.bucket, key, Buffer.from(content));
  }

  putWithChecksum(key: string, content: string, digest = sha256(content)) {
    return this.#server.client.makeRequestAsyncOmit(
      {
        method: 'PUT',
        bucketName: this.bucket,
        objectName: key,
        headers: { 'x-amz-checksum-sha256': Buffer.from(digest, 'hex').toString('base64') },
      },
      content,
    );
  }

  remove(key: string) {
    return this.#server.client.removeObject(this.bucket, key);
  }

  async keys() {
    const objects = await this.#server.client.listObjectsV2(this.bucket, '', true).toArray();
    return objects.map(({ name }) => name);
  }

  url(): string {
    return `s3://${this.bucket}/raw`;
  }

  /** Adds the data in place. */
  add() {
    return this.#box.json<AddedInPlace>(['add', this.url(), '--to', 'data/raw']).datasets[0]!;
  }

  /** Has the repository ask another server for the data. */
  reachAt(endpoint: string): void {
    this.#box.ok(['remote', 'source', `s3://${this.bucket}`, '--endpoint', endpoint]);
  }

  pointer(folder = 'repo'): string {
    return readFileSync(this.#box.path(folder, 'data/raw.varve'), 'utf8');
  }

  /** A file of the data as it lies in a clone. */
  data(path: string, folder = 'repo'): string {
    return readFileSync(this.#box.path(folder, 'data/raw', path), 'utf8');
  }

  /** All files below a folder in one text. */
  bytesIn(folder: string): string {
    return readdirSync(this.#box.path(folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(`${entry.parentPath}/${entry.name}`, 'latin1'))
      .join('');
  }

  refused(args: readonly string[], folder = 'repo') {
    return this.#box.json<Refusal>(args, folder, 2).error;
  }
}
