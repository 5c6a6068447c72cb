import { type ErrorCode, VarveError } from '../../errors.ts';
import { RUN_VERIFY } from '../run-verify.ts';
import { DIGEST_REFUSALS, type Fault, isAbsence, isPrecondition } from './error-classes.ts';

type Words = readonly [code: ErrorCode, what: string, remedy: string];
/** Whom requests are sent to, in the words of messages. */
export interface Site {
  /** The bucket, or the folder. */
  readonly bucket: string;
  /** The endpoint, or `AWS`. */
  readonly server: string;
  /** What names the server, in the words of messages; the endpoint in the settings of the remote unless given. */
  readonly namedBy?: string;
  /** How a person gives the keys that this client looks for: sentences. */
  readonly signIn: string;
  /** Where its servers are not of S3: what to ask the owner of the place for, so that it can be used. */
  readonly rights?: string;
  /** What else there is to do where the connection is not trusted; of clients that are not told by AWS_CA_BUNDLE. */
  readonly certificates?: string;
}

/**
 * A fault as a VarveError about `path`. The library's own error is not handed on: it can hold the headers of the request, and
 * with them session tokens. `doing` completes "Cannot …", such as `write`.
 */
export function bucketError(fault: Fault, site: Site, doing: string, path: string): VarveError {
  const [code, what, remedy] = wordsFor(fault, site);
  const status = fault.status === undefined ? '' : ` (HTTP ${fault.status})`;
  return new VarveError(code, `Cannot ${doing} ${path}: ${what}`, {
    path,
    remedy,
    cause: new Error(`${fault.code}${status}`),
  });
}

function wordsFor(fault: Fault, site: Site): Words {
  const words = KNOWN.find(([test]) => test(fault))?.[1](site, fault);
  if (words !== undefined) return words;
  if (fault.retry !== 'no') {
    const remedy = 'Run the same command again later: what was done is kept, and it goes on from there.';
    return ['remote-unavailable', `${site.server} kept failing with ${spoken(fault)}`, remedy];
  }
  return [
    'remote-error',
    `${site.server} answered ${spoken(fault)}`,
    'Look this error up in the documentation of the server, or ask who runs it.',
  ];
}

/** Write the code, and what the server says of it if that is one plain sentence. */
function spoken(fault: Fault): string {
  const message = fault.message.replace(/\s+/g, ' ').trim();
  const status = fault.status === undefined ? '' : ` (HTTP ${fault.status})`;
  const isTold = message !== '' && message !== fault.code && message.length <= 200;
  return `${fault.code}${status}${isTold ? `: ${message}` : ''}`;
}

const named =
  (...codes: string[]) =>
  (fault: Fault) =>
    codes.includes(fault.code);

const ENDPOINT = 'the endpoint in the settings of the remote';

/** The first whose test holds gives the words. */
const KNOWN: readonly (readonly [
  test: (fault: Fault) => boolean,
  words: (site: Site, fault: Fault) => Words,
])[] = [
  [
    named('CredentialsProviderError', 'CredentialsMissing'),
    ({ signIn }) => ['credentials-missing', 'no credentials were found', signIn],
  ],
  [
    named('ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired', 'RequestExpired'),
    ({ signIn }) => [
      'credentials-expired',
      'the session has expired',
      `Get keys of a new session. ${signIn}`,
    ],
  ],
  [
    named(
      'InvalidAccessKeyId',
      'SignatureDoesNotMatch',
      'InvalidToken',
      'InvalidTokenId',
      'InvalidSecurity',
      'UnrecognizedClientException',
    ),
    ({ server, signIn, rights }) => [
      'credentials-refused',
      `${server} does not accept these credentials`,
      rights === undefined ? `Check the access key and its secret. ${signIn}` : signIn,
    ],
  ],
  [
    named('RequestTimeTooSkewed', 'RequestInTheFuture'),
    ({ server }) => [
      'clock-skew',
      `the clock of this machine and that of ${server} differ by more than 15 minutes`,
      'Set the clock of this machine, for example by `timedatectl set-ntp true`, then run the same command again.',
    ],
  ],
  [
    named('NoSuchBucket', 'InvalidBucketName', 'InvalidBucketNameError'),
    ({ server, bucket }) => [
      'bucket-missing',
      `${server} has no bucket ${bucket}`,
      'Check the name of the bucket in the URL, or create it there.',
    ],
  ],
  [
    // Of Azure, where the account is not there, or does not show the container to whoever asks.
    named('ResourceNotFound'),
    ({ server, bucket }) => [
      'bucket-missing',
      `${server} has no account of that name, or shows no container ${bucket}`,
      'Check the account in the endpoint or in AZURE_STORAGE_ACCOUNT, and the name of the container in the URL. The endpoint of an emulator ends in its account.',
    ],
  ],
  [
    named(
      'PermanentRedirect',
      'MovedPermanently',
      'AuthorizationHeaderMalformed',
      'IllegalLocationConstraintException',
    ),
    ({ bucket }) => [
      'region-wrong',
      `the bucket ${bucket} lies in another region`,
      'Correct `region` in the settings of the remote; where they have none, set AWS_REGION.',
    ],
  ],
  [
    named(...DIGEST_REFUSALS),
    ({ server }) => [
      'upload-damaged',
      `what reached ${server} was not what was sent, each time`,
      'Use an https:// endpoint, and look for a proxy or a network card that damages what passes through it.',
    ],
  ],
  [
    isPrecondition,
    () => [
      'object-changed',
      'it was replaced by another while it was read',
      `Objects of a store never change: find out who else writes to this place. ${RUN_VERIFY}`,
    ],
  ],
  [
    named('InvalidObjectState'),
    () => [
      'object-archived',
      'it lies in an archive',
      'Restore it from the archive class of its bucket first.',
    ],
  ],
  [
    named('InvalidRange'),
    () => ['object-truncated', 'it ends before the bytes that were asked for', RUN_VERIFY],
  ],
  [
    (fault) =>
      named('XMinioStorageFull', 'QuotaExceeded', 'XMinioAdminBucketQuotaExceeded')(fault) ||
      fault.status === 507,
    ({ server }) => [
      'remote-full',
      `${server} has no space left`,
      'Free some space there, then run the same command again.',
    ],
  ],
  [
    named('NotADirectory'),
    () => [
      'key-conflict',
      'a file lies where a folder is needed',
      'Name a folder in the URL of the remote, or move that file away.',
    ],
  ],
  [
    // Of Azure: by its emulator for a wrong key, by itself for what rules of the network or a signature do not allow.
    named('AuthorizationFailure'),
    ({ bucket, signIn, rights = '' }) => [
      'access-denied',
      `the key or signature is wrong, or does not allow this in ${bucket}`,
      `${signIn} Where they are right, ask its owner for ${rights}, and whether the rules of its network let this machine in.`,
    ],
  ],
  [
    (fault) =>
      named('AccessDenied', 'AllAccessDisabled', 'AccountProblem', 'Forbidden')(fault) ||
      fault.status === 403,
    ({ bucket, rights }) => [
      'access-denied',
      rights === undefined
        ? `these credentials may not do this in the bucket ${bucket}`
        : `this user may not do this in ${bucket}`,
      `Ask its owner for ${rights ?? 's3:ListBucket, s3:GetObject, s3:PutObject, s3:DeleteObject and s3:AbortMultipartUpload on it'}.`,
    ],
  ],
  [
    named('ENOTFOUND', 'EAI_AGAIN'),
    ({ server, namedBy = ENDPOINT }) => [
      'endpoint-unreachable',
      `the host name of ${server} is not known`,
      `Check ${namedBy} for mistakes, and the network of this machine.`,
    ],
  ],
  [
    named('ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ETIMEDOUT', 'TimeoutError'),
    ({ server, namedBy = ENDPOINT }) => [
      'endpoint-unreachable',
      `${server} does not answer`,
      `Check that it runs, that ${namedBy} names it, and that no firewall lies between.`,
    ],
  ],
  [
    ({ code }) => /CERT|SELF_SIGNED|ERR_TLS|ERR_SSL|EPROTO|UNABLE_TO/.test(code),
    ({ server, certificates }, fault) => [
      'tls-refused',
      `no trusted connection to ${server} (${fault.code})`,
      certificates ??
        'Where it has its own certificate authority, name that by AWS_CA_BUNDLE or NODE_EXTRA_CA_CERTS; where it speaks plain HTTP, write http:// in its endpoint.',
    ],
  ],
  [isAbsence, () => ['object-missing', 'there is no such object', RUN_VERIFY]],
];
