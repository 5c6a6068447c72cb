/**
 * The gateway that speaks S3: who asks, what for, and the answer in S3's own form. It may not know Git or stores: what it shows comes from
 * the versions of the server.
 */

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { LRUCache } from 'lru-cache';
import { comparePaths } from '../../base/files/path-order.ts';
import type { RawRequest } from './raw-request.ts';
import { Refusal } from './refusal.ts';

/** The claim of a request that somebody signed it. */
export interface SignatureClaim {
  readonly keyId: string;
  /** `<day>/<region>/s3/aws4_request`. */
  readonly scope: string;
  /** `YYYYMMDDTHHMMSSZ`. */
  readonly date: string;
  /** Small letters. */
  readonly signedHeaders: readonly string[];
  readonly signature: Buffer;
  /** What was signed in place of the body's digest, or that digest. */
  readonly payload: string;
  /** Of a presigned address: seconds for which it holds. Undefined where a header has the signature. */
  readonly expires: number | undefined;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const EMPTY_SHA256 = createHash('sha256').digest('hex');
/** How far clocks may differ. Source: Amazon S3, error RequestTimeTooSkewed. */
const MAX_SKEW_MS = 15 * 60 * 1000;
/** Seven days. Source: Amazon S3 API reference, X-Amz-Expires. */
const MAX_EXPIRES_SECONDS = 604_800;
const MAX_SIGNED_HEADERS = 100;

const CREDENTIAL = /^([\w.-]{1,128})\/(\d{8})\/([\w-]{1,64})\/([\w-]{1,32})\/(\w{1,32})$/;
const DATE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;
const SIGNATURE = /^[0-9a-f]{64}$/;
/** Besides digests. With the streaming ones, the body has signatures of its own; no body is ever taken here. */
const PAYLOADS = new Set([
  'UNSIGNED-PAYLOAD',
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
]);

/**
 * Read what a request says of its signature, in a header or in the query; undefined where it says nothing. Source: AWS Signature Version 4,
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
 * @throws Refusal for a claim that cannot be checked
 */
export function claimOf(request: RawRequest): SignatureClaim | undefined {
  const { authorization } = request.headers;
  const isPresigned = request.query.some(
    ([name]) => name === 'X-Amz-Signature' || name === 'X-Amz-Algorithm',
  );
  const isOld =
    request.query.some(([name]) => name === 'AWSAccessKeyId') || authorization?.startsWith('AWS ');
  if (isOld)
    throw new Refusal(
      'InvalidRequest',
      `The authorization mechanism is not supported. Please use ${ALGORITHM}.`,
    );
  if (authorization !== undefined && isPresigned)
    throw new Refusal('InvalidArgument', 'Only one auth mechanism allowed: a header or the query, not both');
  if (isPresigned) return claimOfQuery(request);
  return authorization === undefined ? undefined : claimOfHeader(authorization, request);
}

/**
 * Check a claim against the secret of its key.
 * @param now milliseconds since 1970
 * @throws Refusal where the request is too old, too new, or was signed by another secret
 */
export function checkSignature(
  request: RawRequest,
  claim: SignatureClaim,
  secret: string,
  now: number,
): void {
  checkTime(claim, now);
  const expected = signatureOf(request, claim, secret);
  if (!timingSafeEqual(expected, claim.signature)) {
    throw new Refusal(
      'SignatureDoesNotMatch',
      'The signature of the request is not the one that its access key makes. Check the secret, and the address that was signed.',
    );
  }
  const { payload } = claim;
  const hasBody =
    (request.headers['content-length'] ?? '0') !== '0' || request.headers['transfer-encoding'] !== undefined;
  if (SIGNATURE.test(payload) && !hasBody && payload !== EMPTY_SHA256)
    throw new Refusal(
      'XAmzContentSHA256Mismatch',
      'The signed digest is not that of the body, which is empty',
    );
}

function claimOfHeader(text: string, { headers }: RawRequest): SignatureClaim {
  const malformed = (what: string): Refusal =>
    new Refusal('AuthorizationHeaderMalformed', `The authorization header is malformed: ${what}`);
  if (!text.startsWith(`${ALGORITHM} `)) throw malformed(`it must begin with ${ALGORITHM}`);
  const fields = new Map<string, string>();
  for (const field of text.slice(ALGORITHM.length).split(',')) {
    const equals = field.indexOf('=');
    fields.set(field.slice(0, Math.max(0, equals)).trim(), field.slice(equals + 1).trim());
  }
  const payload = single(headers['x-amz-content-sha256']);
  if (payload === undefined)
    throw new Refusal('InvalidRequest', 'Missing required header for this request: x-amz-content-sha256');
  return {
    ...commonClaim(fields.get('Credential'), fields.get('SignedHeaders'), fields.get('Signature'), malformed),
    date: dateOf(headers),
    payload: checkedPayload(payload),
    expires: undefined,
  };
}

function claimOfQuery({ query, headers }: RawRequest): SignatureClaim {
  const malformed = (what: string): Refusal =>
    new Refusal(
      'AuthorizationQueryParametersError',
      `The query of the presigned address is malformed: ${what}`,
    );
  const value = (name: string): string | undefined => {
    const found = query.filter(([one]) => one === name);
    if (found.length > 1) throw malformed(`${name} is there more than once`);
    return found[0]?.[1];
  };
  if (value('X-Amz-Algorithm') !== ALGORITHM) throw malformed(`X-Amz-Algorithm must be ${ALGORITHM}`);
  const expires = value('X-Amz-Expires') ?? '';
  if (!/^\d{1,7}$/.test(expires) || Number(expires) < 1 || Number(expires) > MAX_EXPIRES_SECONDS)
    throw malformed(`X-Amz-Expires must be 1 to ${MAX_EXPIRES_SECONDS} seconds`);
  const payload =
    single(headers['x-amz-content-sha256']) ?? value('X-Amz-Content-Sha256') ?? 'UNSIGNED-PAYLOAD';
  const [credential, signed, signature] = ['X-Amz-Credential', 'X-Amz-SignedHeaders', 'X-Amz-Signature'].map(
    value,
  );
  return {
    ...commonClaim(credential, signed, signature, malformed),
    date: value('X-Amz-Date') ?? '',
    payload: checkedPayload(payload),
    expires: Number(expires),
  };
}

type CommonClaim = Pick<SignatureClaim, 'keyId' | 'scope' | 'signedHeaders' | 'signature'>;

function commonClaim(
  credential = '',
  signed = '',
  signature = '',
  malformed: (what: string) => Refusal,
): CommonClaim {
  const match = CREDENTIAL.exec(credential);
  if (match === null) throw malformed('the credential must be KEY/DAY/REGION/s3/aws4_request');
  const [, keyId, day, region, service, end] = match;
  if (service !== 's3' || end !== 'aws4_request')
    throw malformed('the credential must be for s3 and aws4_request');
  if (!SIGNATURE.test(signature)) throw malformed('the signature must be 64 hexadecimal digits');
  const signedHeaders = signed.toLowerCase().split(';');
  // Unsigned, the host could be any: whoever sees the request could send it to another server.
  if (!signedHeaders.includes('host') || signedHeaders.length > MAX_SIGNED_HEADERS)
    throw malformed(`the signed headers must have host among them, and be ${MAX_SIGNED_HEADERS} at most`);
  return {
    keyId: keyId!,
    scope: `${day}/${region}/s3/aws4_request`,
    signedHeaders,
    signature: Buffer.from(signature, 'hex'),
  };
}

/** The date of signing: in a header of AWS's form, or in that of HTTP. */
function dateOf(headers: IncomingHttpHeaders): string {
  const own = single(headers['x-amz-date']);
  if (own !== undefined) return own;
  const ms = Date.parse(headers.date ?? '');
  return Number.isNaN(ms) ? '' : `${new Date(ms).toISOString().replaceAll(/[-:]|\.\d+/g, '')}`;
}

function checkedPayload(payload: string): string {
  if (SIGNATURE.test(payload) || PAYLOADS.has(payload)) return payload;
  throw new Refusal(
    'InvalidArgument',
    'x-amz-content-sha256 must be a SHA-256 in hexadecimal digits, or one of the words of S3',
  );
}

function checkTime({ date, scope, expires }: SignatureClaim, now: number): void {
  const match = DATE.exec(date);
  const [, year, month, day, hour, minute, second] = match ?? [];
  const signed =
    match === null ? Number.NaN : Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(signed))
    throw new Refusal('AccessDenied', 'A signed request must have a valid date in X-Amz-Date');
  if (!scope.startsWith(`${date.slice(0, 8)}/`))
    throw new Refusal('SignatureDoesNotMatch', 'The day of the credential is not the day of the date');
  const age = now - signed;
  if (expires === undefined && Math.abs(age) > MAX_SKEW_MS)
    throw new Refusal(
      'RequestTimeTooSkewed',
      'The difference between the time of the request and that of the server is too large',
    );
  if (expires !== undefined && age < -MAX_SKEW_MS)
    throw new Refusal('AccessDenied', 'Request is not valid yet');
  if (expires !== undefined && age > expires * 1000) throw new Refusal('AccessDenied', 'Request has expired');
}

function signatureOf(request: RawRequest, claim: SignatureClaim, secret: string): Buffer {
  const { scope, date } = claim;
  const hashed = createHash('sha256').update(canonicalRequest(request, claim)).digest('hex');
  return hmac(signingKey(secret, scope), [ALGORITHM, date, scope, hashed].join('\n'));
}

function canonicalRequest({ method, path, query, headers }: RawRequest, claim: SignatureClaim): string {
  const pairs = query
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]): [string, string] => [encoded(name), encoded(value)])
    .sort(byNameThenValue)
    .map((pair) => pair.join('='));
  return [
    method,
    encoded(path).replaceAll('%2F', '/'),
    pairs.join('&'),
    ...claim.signedHeaders.map((name) => `${name}:${headerValue(headers, name)}`),
    '',
    claim.signedHeaders.join(';'),
    claim.payload,
  ].join('\n');
}

/** The sign between a name and its value would sort before some of what names go on with. */
function byNameThenValue([a, first]: [string, string], [b, second]: [string, string]): number {
  return comparePaths(a, b) || comparePaths(first, second);
}

function headerValue(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name];
  const text = Array.isArray(value) ? value.join(',') : (value ?? '');
  return text.trim().replaceAll(/[ \t]+/g, ' ');
}

/** Percent-encode all but what RFC 3986 calls unreserved. */
function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Keys for signing are the same for a day: made once, they save four of five rounds. */
const SIGNING_KEYS = new LRUCache<string, Buffer>({ max: 1000 });

function signingKey(secret: string, scope: string): Buffer {
  const name = `${secret} ${scope}`;
  let key = SIGNING_KEYS.get(name);
  if (key === undefined) {
    key = scope.split('/').reduce<Buffer>((made, part) => hmac(made, part), Buffer.from(`AWS4${secret}`));
    SIGNING_KEYS.set(name, key);
  }
  return key;
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
