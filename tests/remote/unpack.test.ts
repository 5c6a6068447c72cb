import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { tarArchive } from '../../src/dvc/objects/archive.ts';
import { BucketRemote } from '../../src/remote/bucket/bucket.ts';
import { openBucket } from '../../src/remote/open.ts';
import { sha256 } from './contract.ts';

/** A server of objects that keeps what it is sent as it is, and calls itself what it likes. */
class PlainServer {
  readonly objects = new Map<string, Buffer>();
  readonly #server: Server;
  readonly #name: string | undefined;
  /** Answers every PUT with this status, where it is set. */
  refusal: number | undefined;

  constructor(name: string | undefined) {
    this.#name = name;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body: Buffer[] = [];
    for await (const piece of request) body.push(piece as Buffer);
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
    if (this.#name !== undefined) response.setHeader('Server', this.#name);
    const key = pathname.replace('/bucket/', '');
    const held = this.objects.get(key);
    if (request.method === 'PUT' && this.refusal === undefined) this.objects.set(key, Buffer.concat(body));
    if (request.method === 'PUT') response.statusCode = this.refusal ?? 200;
    if (request.method === 'HEAD') response.writeHead(held === undefined ? 404 : 200);
    if (request.method === 'POST' && searchParams.has('delete')) {
      for (const [, name] of Buffer.concat(body)
        .toString()
        .matchAll(/<Key>([^<]*)<\/Key>/g))
        this.objects.delete(name!);
      response.write('<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></DeleteResult>');
    }
    if (request.method === 'GET')
      response.write('<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>');
    response.end();
  }
}

let server: PlainServer;
let remote: BucketRemote;
afterEach(async () => {
  await remote.close();
  server.close();
});

async function open(name: string | undefined): Promise<void> {
  server = new PlainServer(name);
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const place = { kind: 's3', bucket: 'bucket', prefix: 'p/' } as const;
  const client = await openBucket(place, {
    endpoint: await server.start(),
    region: 'us-east-1',
    credentials,
  });
  remote = new BucketRemote(client, 's3://bucket/p', 'p/', { attempts: 1, baseMs: 1, capMs: 1 });
  expect(await remote.head('a')).toBeUndefined();
}

const archive = tarArchive([{ name: 'a', bytes: Buffer.from('x') }]);
const unpack = () => remote.unpack(archive, sha256(archive), 'a');

test.each([undefined, 'AmazonS3', 'Ceph'])('the server %s is sent no archive', async (name) => {
  await open(name);
  expect(remote.mayUnpack).toBe(false);
  expect(await unpack()).toBe(false);
  expect(server.objects).toEqual(new Map());
});

test('what only goes by the name of MinIO is found out, and keeps nothing', async () => {
  await open('MinIO');
  expect(remote.mayUnpack).toBe(true);
  expect(await unpack()).toBe(false);
  expect(server.objects).toEqual(new Map());
  expect(remote.mayUnpack).toBe(false);
  expect(await unpack()).toBe(false);
});

test('where archives are refused, they are given up', async () => {
  await open('MinIO');
  server.refusal = 501;
  expect(await unpack()).toBe(false);
  expect(remote.mayUnpack).toBe(false);
});

test('where the server is in trouble, that is an error', async () => {
  await open('MinIO');
  server.refusal = 503;
  await expect(unpack()).rejects.toMatchObject({ code: expect.stringMatching(/^remote-/) });
});
