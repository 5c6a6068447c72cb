import type { Retry } from './retry.ts';

/** A failed request, whichever library made it. */
export interface Fault {
  /** The server's error code (`NoSuchKey`), a system error (`ECONNRESET`), or a name of the library's. */
  readonly code: string;
  /** HTTP status, if there was an answer. */
  readonly status?: number;
  readonly message: string;
  readonly retry: Retry;
  /** Time to wait that the server asked for by Retry-After. */
  readonly waitMs?: number;
}

interface LibraryError {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly Code?: unknown;
  readonly message?: unknown;
  readonly status?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: unknown; readonly clockSkewCorrected?: unknown };
  readonly $response?: {
    readonly statusCode?: unknown;
    readonly headers?: Readonly<Record<string, string | undefined>>;
  };
  readonly retryAfter?: unknown;
}

/** The server, or what stands before it, is overloaded and says so. */
const OVERLOADED = new Set([
  'SlowDown',
  'SlowDownRead',
  'SlowDownWrite',
  'ServiceUnavailable',
  'Throttling',
  'ThrottlingException',
  'TooManyRequests',
  'RequestLimitExceeded',
  'BandwidthLimitExceeded',
]);
/** How servers say that the bytes that came do not have the digest they were sent with: damaged on their way, most likely. */
export const DIGEST_REFUSALS = [
  'BadDigest',
  'InvalidDigest',
  'XAmzContentSHA256Mismatch',
  'XAmzContentChecksumMismatch',
];
/** Errors of a moment; no library writes malformed XML, so that was damaged too. */
const PASSING = new Set([
  ...DIGEST_REFUSALS,
  'MalformedXML',
  'InternalError',
  'RequestTimeout',
  'TimeoutError',
  'IncompleteBody',
  'ConditionalRequestConflict',
  'OperationAborted',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ERR_STREAM_PREMATURE_CLOSE',
  'BodyTruncated',
]);
/** Failures that seldom pass: no server is there, or the clocks differ, which the SDK corrects and other clients cannot. */
const SELDOM_PASSING = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'RequestTimeTooSkewed',
]);
/** Statuses of 500 and above that no patience changes. */
const FINAL_STATUSES = new Set([501, 505, 507]);

/** Read an error of either client library, or of Node's own HTTP. */
export function faultOf(error: unknown): Fault {
  const raw = (typeof error === 'object' && error !== null ? error : {}) as LibraryError;
  const code = [raw.Code, raw.code, raw.name].find(
    (name) => typeof name === 'string' && name !== '',
  ) as string;
  const status = [raw.$metadata?.httpStatusCode, raw.$response?.statusCode, raw.status].find(
    (number) => typeof number === 'number',
  ) as number | undefined;
  const message = typeof raw.message === 'string' ? raw.message : String(error);
  const waitMs = 1000 * Number(raw.retryAfter ?? raw.$response?.headers?.['retry-after']);
  return {
    code: code ?? 'Error',
    message,
    // Any error may come with the clock's correction. Only one that refuses the signature may be another answer the next time.
    retry:
      raw.$metadata?.clockSkewCorrected === true && status === 403
        ? 'yes'
        : retryOf(code ?? '', status, message),
    ...(status === undefined ? {} : { status }),
    ...(waitMs > 0 ? { waitMs } : {}),
  };
}

function retryOf(code: string, status: number | undefined, message: string): Retry {
  if (OVERLOADED.has(code) || status === 503 || status === 429) return 'slow';
  if (PASSING.has(code) || status === 408) return 'yes';
  if (status !== undefined && status >= 500) return FINAL_STATUSES.has(status) ? 'no' : 'yes';
  if (SELDOM_PASSING.has(code)) return 'few';
  // An answer that cannot be read was damaged or cut off on its way; so was one that ends before it is complete.
  if (status !== undefined && status < 300) return 'yes';
  if (code.startsWith('HPE_') || /socket hang up|aborted|premature|other side closed/i.test(message))
    return 'yes';
  return 'no';
}

/** Whether the object that a request named is not there. */
export function isAbsence(fault: Fault): boolean {
  return (
    ['NoSuchKey', 'NoSuchVersion', 'NotFound'].includes(fault.code) ||
    (fault.status === 404 && !['NoSuchBucket', 'NoSuchUpload', 'ResourceNotFound'].includes(fault.code))
  );
}

/** Whether a precondition (`If-None-Match`, `If-Match`) did not hold. */
export function isPrecondition(fault: Fault): boolean {
  return fault.code === 'PreconditionFailed' || fault.status === 412;
}

/** Whether the server refuses `If-None-Match` on writes as such. */
export function lacksPreconditions(fault: Fault): boolean {
  if (fault.code === 'NotImplemented' || fault.status === 501) return true;
  return fault.status === 400 && /if-none-match|precondition/i.test(fault.message);
}
