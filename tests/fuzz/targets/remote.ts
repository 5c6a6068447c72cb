import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { faultOf } from '../../../src/remote/bucket/error-classes.ts';
import { bucketError } from '../../../src/remote/bucket/errors.ts';
import { isValidKey } from '../../../src/remote/key.ts';
import { parseEndpoint } from '../../../src/remote/minio/access.ts';
import { openBucket } from '../../../src/remote/open.ts';
import { type BucketPlace, parseUrl } from '../../../src/remote/url.ts';
import { describeUrl } from '../../../src/wording/urls.ts';
import { type FuzzTarget, LawBroken, law } from '../target.ts';

/** One line of JSON with the status, headers and a word for each request that is made; the body behind it. */
const ANSWER = [
  '{"status":200,"ask":"list"}\n',
  '{"status":404,"ask":"head"}\n',
  '{"status":206,"ask":"get"}\n',
  '{"status":503,"ask":"uploads"}\n',
  '"headers":{"etag":"x"}',
  '"content-length":"5"',
  '"content-range":"bytes 0-4/5"',
  '"retry-after":"1"',
  '"x-amz-checksum-sha256":"AAAA"',
  '<?xml version="1.0"?>',
  '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]>',
  '&a;',
  '<ListBucketResult>',
  '<Contents>',
  '<Key>a</Key>',
  '<Size>1</Size>',
  '<LastModified>2020-01-01T00:00:00Z</LastModified>',
  '<ETag>"x"</ETag>',
  '</Contents>',
  '<IsTruncated>true</IsTruncated>',
  '<NextContinuationToken>x</NextContinuationToken>',
  '<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes>',
  '</ListBucketResult>',
  '<Error><Code>SlowDown</Code><Message>x</Message></Error>',
  '<Region>x</Region>',
  '<![CDATA[',
  '__proto__',
  '&#x0;',
  '&lt;',
]; // prettier-ignore

/** Of URLs, keys and what servers answer. */
export const remoteTargets: Record<string, FuzzTarget> = {
  url: {
    words: [
      's3://',
      'minio://',
      'file://',
      'http://',
      '@',
      ':',
      '?',
      '#',
      '..',
      '//',
      '%2e%2e',
      '%00',
      'C:\\',
      '\\\\server\\',
      '[::1]',
    ],
    maxBytes: 2000,
    read(input) {
      const url = input.toString();
      const shown = describeUrl(url);
      if (/^[a-z0-9]{2,}:\/\/[^/]*@/i.test(url))
        law(
          !shown.includes('@') ||
            /^(ssh|sftp|s?webhdfs):/i.test(url) ||
            shown.indexOf('@') > shown.indexOf('/', 8),
          'no user is shown',
        );
      const place = parseUrl(url, '/base');
      if ('prefix' in place) law(!place.prefix.split('/').includes('..'), 'a prefix stays in its bucket');
    },
  },
  key: {
    words: ['/', '..', '.', 'tmp/', 'packs/', '.pack'],
    maxBytes: 1024,
    read(input) {
      const key = input.toString('latin1');
      if (isValidKey(key)) law(!/(^|\/)(\.\.?)?(\/|$)/.test(key), 'a key stays in its remote');
    },
  },
  endpoint: {
    words: ['http://', 'https://', '@', '?', '#', ':', '[::1]', '%40', 'file:', '//'],
    maxBytes: 1024,
    read(input) {
      const { username, password, protocol } = parseEndpoint(input.toString());
      law(username === '' && password === '' && /^https?:$/.test(protocol), 'an endpoint is a server');
    },
  },
  's3-answer': {
    words: ANSWER,
    slow: true,
    read: (input) => ask({ kind: 's3', bucket: 'bucket', prefix: '' }, input),
  },
  'minio-answer': {
    words: ANSWER,
    slow: true,
    read: (input) => ask({ kind: 'minio', alias: 'local', bucket: 'bucket', prefix: '' }, input),
  },
};

let server: Server | undefined;
let answer: { status: number; headers: Record<string, string>; body: Buffer };

/** A server that gives the input as its answer; what the client library throws is read as varve reads it. */
async function ask(place: BucketPlace, input: Buffer): Promise<void> {
  const { headers, status, kind, body } = parseAnswer(input);
  answer = { headers, status, body };
  const client = await openBucket(place, {
    endpoint: await started(),
    region: 'us-east-1',
    credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
  });
  try {
    if (kind === 'head') await client.head('a');
    else if (kind === 'uploads') await client.unfinishedUploads('a');
    else if (kind === 'get') {
      let read = 0;
      for await (const piece of (await client.get('a', { offset: 0, length: 5 })).body) read += piece.length;
      law(read <= Math.max(body.length, 5), 'no more is read than was sent');
    } else {
      const { objects } = await client.list({ prefix: '', versions: kind === 'versions' });
      for (const { key, size } of objects)
        law(typeof key === 'string' && !(size < 0), 'objects have keys and sizes');
    }
  } catch (error) {
    if (error instanceof LawBroken) throw error;
    // The libraries throw what they like at answers that make no sense.
    throw bucketError(faultOf(error), { server: 'fuzz', bucket: 'bucket' } as never, 'list', 'a');
  } finally {
    await (client as { close?: () => unknown }).close?.();
  }
}

function parseAnswer(input: Buffer) {
  const end = input.indexOf('\n');
  let head: { status?: unknown; headers?: unknown; ask?: unknown } = {};
  try {
    head = JSON.parse(input.subarray(0, Math.max(end, 0)).toString()) ?? {};
  } catch {
    // Then all of it is the body.
  }
  const status = Number(head.status);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(head.headers ?? {})) {
    // What Node's server would not send.
    if (
      /^[\w-]+$/.test(name) &&
      /^[\x20-\x7e]*$/.test(String(value)) &&
      !/^(transfer-encoding|connection|trailer)$/i.test(name)
    )
      headers[name] = String(value);
  }
  return {
    headers,
    status: status >= 200 && status < 600 && Number.isInteger(status) ? status : 200,
    kind: head.ask,
    body: input.subarray(end + 1),
  };
}

async function started(): Promise<string> {
  if (server === undefined) {
    server = createServer((request, response) => {
      request.resume();
      const { status, headers, body } = answer;
      response.writeHead(status, { connection: 'close', ...headers });
      response.end(request.method === 'HEAD' ? undefined : body, () => response.socket?.destroySoon());
    }).listen(0, '127.0.0.1');
    server.unref();
    await new Promise((resolve) => server!.once('listening', resolve));
  }
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
