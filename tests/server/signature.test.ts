import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RawRequest } from '../../src/server/s3/raw-request.ts';
import { Refusal } from '../../src/server/s3/refusal.ts';
import { checkSignature, claimOf } from '../../src/server/s3/signature.ts';

// Examples of the Amazon S3 API reference, "Signature Calculations for the Authorization Header" and "Authenticating Requests: Using
// Query Parameters".
const KEY_ID = 'AKIAIOSFODNN7EXAMPLE';
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const NOW = Date.parse('2013-05-24T00:00:00Z');
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const HOST = 'examplebucket.s3.amazonaws.com';

function authorization(signedHeaders: string, signature: string): string {
  return `AWS4-HMAC-SHA256 Credential=${KEY_ID}/20130524/us-east-1/s3/aws4_request, SignedHeaders=${signedHeaders}, Signature=${signature}`;
}

const getObject: RawRequest = {
  method: 'GET',
  path: '/test.txt',
  query: [],
  headers: {
    host: HOST,
    range: 'bytes=0-9',
    'x-amz-content-sha256': EMPTY,
    'x-amz-date': '20130524T000000Z',
    authorization: authorization(
      'host;range;x-amz-content-sha256;x-amz-date',
      'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    ),
  },
};

const listObjects: RawRequest = {
  method: 'GET',
  path: '/',
  query: [
    ['max-keys', '2'],
    ['prefix', 'J'],
  ],
  headers: {
    host: HOST,
    'x-amz-content-sha256': EMPTY,
    'x-amz-date': '20130524T000000Z',
    authorization: authorization(
      'host;x-amz-content-sha256;x-amz-date',
      '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    ),
  },
};

const presigned: RawRequest = {
  method: 'GET',
  path: '/test.txt',
  query: [
    ['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
    ['X-Amz-Credential', `${KEY_ID}/20130524/us-east-1/s3/aws4_request`],
    ['X-Amz-Date', '20130524T000000Z'],
    ['X-Amz-Expires', '86400'],
    ['X-Amz-SignedHeaders', 'host'],
    ['X-Amz-Signature', 'aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404'],
  ],
  headers: { host: HOST },
};

const streaming: RawRequest = {
  method: 'PUT',
  path: '/examplebucket/chunkObject.txt',
  query: [],
  headers: {
    host: 's3.amazonaws.com',
    'content-encoding': 'aws-chunked',
    'content-length': '66824',
    'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
    'x-amz-date': '20130524T000000Z',
    'x-amz-decoded-content-length': '66560',
    'x-amz-storage-class': 'REDUCED_REDUNDANCY',
    authorization: authorization(
      'content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class',
      '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
    ),
  },
};

function refusalOf(request: RawRequest, now = NOW, secret = SECRET): string {
  try {
    checkSignature(request, claimOf(request)!, secret, now);
    return 'accepted';
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

test('the published examples are accepted: a header, a list, a presigned address, a body that is streamed', () => {
  for (const request of [getObject, listObjects, presigned, streaming])
    expect(refusalOf(request)).toBe('accepted');
  expect(claimOf(getObject)!.keyId).toBe(KEY_ID);
});

test('names of a query are signed in their order, whatever signs they have', () => {
  // By botocore 1.44.
  const request: RawRequest = {
    ...{
      method: 'GET',
      path: '/',
      query: [
        ['a', '1'],
        ['a1', '2'],
        ['a-b', ''],
        ['a.b', '4'],
        ['a~', '5'],
        ['a', '0'],
      ],
    },
    headers: {
      ...listObjects.headers,
      authorization: authorization(
        'host;x-amz-content-sha256;x-amz-date',
        'c8f801126cf7f9b2f0c0e1a6565f4ef896ac66c95f65a23fa3f1ed80e3605e41',
      ),
    },
  };
  expect(refusalOf(request)).toBe('accepted');
  expect(refusalOf({ ...request, query: request.query.toReversed() })).toBe('accepted');
});

test('whatever is changed of what was signed is refused', () => {
  const changed: RawRequest[] = [
    { ...getObject, method: 'HEAD' },
    { ...getObject, path: '/test.txt/' },
    { ...getObject, query: [['versionId', '1']] },
    { ...getObject, headers: { ...getObject.headers, range: 'bytes=0-10' } },
    { ...getObject, headers: { ...getObject.headers, host: 'elsewhere' } },
    { ...getObject, headers: { ...getObject.headers, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } },
    {
      ...listObjects,
      query: [
        ['max-keys', '3'],
        ['prefix', 'J'],
      ],
    },
    { ...presigned, path: '/other.txt' },
    {
      ...presigned,
      query: presigned.query.map(([name, value]) => [name, name === 'X-Amz-Expires' ? '86401' : value]),
    },
  ];
  for (const request of changed) expect(refusalOf(request)).toBe('SignatureDoesNotMatch');
  expect(refusalOf(getObject, NOW, `${SECRET}x`)).toBe('SignatureDoesNotMatch');
});

test('a request holds for fifteen minutes, a presigned address until it expires', () => {
  const minutes = 60_000;
  expect(refusalOf(getObject, NOW + 15 * minutes)).toBe('accepted');
  expect(refusalOf(getObject, NOW + 15 * minutes + 1)).toBe('RequestTimeTooSkewed');
  expect(refusalOf(getObject, NOW - 15 * minutes - 1)).toBe('RequestTimeTooSkewed');
  expect(refusalOf(presigned, NOW + 86_400_000)).toBe('accepted');
  expect(refusalOf(presigned, NOW + 86_400_001)).toBe('AccessDenied');
  expect(refusalOf(presigned, NOW - 16 * minutes)).toBe('AccessDenied');
});

test('claims that cannot be checked are refused, each in the words of S3', () => {
  const header = (text: string, more: RawRequest['headers'] = {}): string =>
    refusalOf({ ...getObject, headers: { ...getObject.headers, ...more, authorization: text } });
  const own = getObject.headers.authorization!;
  expect(header('Basic YTpi')).toBe('AuthorizationHeaderMalformed');
  expect(header('AWS AKID:signature')).toBe('InvalidRequest');
  expect(header(own.replace('/s3/', '/iam/'))).toBe('AuthorizationHeaderMalformed');
  expect(header(own.replace('host;', ''))).toBe('AuthorizationHeaderMalformed');
  expect(header(own.replace(/Signature=.*/, 'Signature=abc'))).toBe('AuthorizationHeaderMalformed');
  expect(header(own.replace('20130524', '20130523'))).toBe('SignatureDoesNotMatch');
  expect(header(own, { 'x-amz-date': 'yesterday' })).toBe('AccessDenied');
  expect(header(own, { 'x-amz-date': undefined })).toBe('AccessDenied');
  expect(header(own, { 'x-amz-content-sha256': undefined })).toBe('InvalidRequest');
  expect(header(own, { 'x-amz-content-sha256': 'nothing' })).toBe('InvalidArgument');
  expect(refusalOf({ ...presigned, headers: { ...presigned.headers, authorization: own } })).toBe(
    'InvalidArgument',
  );
  const query = (name: string, value: string): string =>
    refusalOf({
      ...presigned,
      query: presigned.query.map((pair) => (pair[0] === name ? [name, value] : pair)),
    });
  expect(query('X-Amz-Algorithm', 'AWS4-ECDSA-P256-SHA256')).toBe('AuthorizationQueryParametersError');
  expect(query('X-Amz-Expires', '604801')).toBe('AuthorizationQueryParametersError');
  expect(query('X-Amz-Expires', '-1')).toBe('AuthorizationQueryParametersError');
  expect(refusalOf({ ...presigned, query: [...presigned.query, ['X-Amz-Expires', '1']] })).toBe(
    'AuthorizationQueryParametersError',
  );
});

test('no header makes the reader of claims fail otherwise than by a refusal', () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom('AWS4-HMAC-SHA256 ', 'Credential=', 'SignedHeaders=host', 'Signature=', ',', ';', '/'),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 12 }), fc.string(), (words, date) => {
      const headers = { ...getObject.headers, authorization: words.join(''), 'x-amz-date': date };
      refusalOf({ ...getObject, headers });
    }),
  );
});
