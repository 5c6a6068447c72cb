import { randomFillSync } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { KeyRing } from '../access/access-keys.ts';
import { openBody, sendBody } from '../data-body.ts';
import { answerOf, logFailure } from '../error-answers.ts';
import type { ServedRepositories, ServedRepository } from '../repositories.ts';
import { listingOf, OWNER, parseListQuery } from './listing.ts';
import { answerFor, type FoundObject, findObject } from './object.ts';
import { type RawRequest, readRequest } from './raw-request.ts';
import { Refusal, type RefusalCode } from './refusal.ts';
import { checkSignature, claimOf } from './signature.ts';
import { xmlDocument, xmlElement } from './xml.ts';

export interface GatewayOptions {
  readonly keys: KeyRing;
  /** Whether requests that nobody signed are answered. */
  readonly anonymous: boolean;
  /** Whether clients are sent to the remote for what it holds whole. */
  readonly redirect: boolean;
}

/** What S3 has beside objects and their lists, and a bucket that is only read has not: each is asked for by a parameter of this name. */
const SUBRESOURCES = new Set([
  ...[
    'accelerate',
    'acl',
    'analytics',
    'attributes',
    'cors',
    'encryption',
    'intelligent-tiering',
    'inventory',
  ],
  ...['legal-hold', 'lifecycle', 'logging', 'metadataTable', 'metrics', 'notification', 'object-lock'],
  ...['ownershipControls', 'policy', 'policyStatus', 'publicAccessBlock', 'replication', 'requestPayment'],
  ...[
    'retention',
    'select',
    'session',
    'tagging',
    'torrent',
    'uploadId',
    'uploads',
    'versionId',
    'versions',
    'website',
  ],
]);

/** Answer every path that no other door has as S3 does. Source: Amazon S3 API reference. */
export function registerGateway(
  app: FastifyInstance,
  repositories: ServedRepositories,
  gate: GatewayOptions,
): void {
  app.register(async (scope) => {
    // No body is ever read: what would be written is refused before.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_, __, done) => done(null));
    scope.setErrorHandler((error, request, reply) => refuse(request, reply, error));
    const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      const raw = readRequest(request.raw.method!, request.raw.url!, request.raw.headers);
      const keyId = authenticate(raw, gate);
      if (keyId !== undefined) request.isAllowed = () => gate.keys.secretOf(keyId) !== undefined;
      return respond({ repositories, redirect: gate.redirect }, raw, request, reply);
    };
    // Requests are signed, or refused in S3's own words.
    const options = { config: { access: 'own' } } as const;
    scope.all('/', options, answer);
    scope.all('/*', options, answer);
  });
}

async function respond(
  { repositories, redirect }: { readonly repositories: ServedRepositories; readonly redirect: boolean },
  raw: RawRequest,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const [, bucket, key] = /^\/([^/]*)\/?(.*)$/s.exec(raw.path)!;
  if (raw.method !== 'GET' && raw.method !== 'HEAD')
    throw new Refusal(
      'AccessDenied',
      'Access Denied: this server is for reading alone. Versions are made by varve and Git.',
    );
  if (raw.path === '/') return document(reply, bucketsOf(repositories));
  // As where the endpoint that a client was given ends with a slash.
  if (bucket === '')
    throw new Refusal('InvalidBucketName', 'The address begins with two slashes, and names no bucket');
  const repository = repositories.named(bucket!);
  if (repository === undefined) throw new Refusal('NoSuchBucket', 'The specified bucket does not exist');
  const query = new Map(raw.query);
  refuseSubresources(query, key!);
  if (key === '') return respondBucket(repository, raw, query, reply);
  const object = await findObject(repository, key!);
  const answer = answerFor(object, raw.headers, query);
  const headers = { ...answer.headers, 'x-amz-request-id': request.id };
  if (raw.method === 'HEAD' || answer.status === 304)
    return reply.code(answer.status).headers(headers).send();
  if (redirect && isPlain(raw)) await redirectToRemote(object, request);
  const body = await openBody(request.raw.socket, object, answer.range);
  reply.hijack();
  try {
    const failure = await sendBody(reply.raw, { ...answer, headers }, body, request.isAllowed);
    if (failure !== undefined) logFailure(request, failure, 500);
  } finally {
    await body.close();
  }
  return reply;
}

/** For how long somebody who was sent to the remote may begin to read there. */
const REDIRECT_SECONDS = 300;

/** Whether what is asked for is the same at the remote: no state of this server, no headers that it would set. */
function isPlain({ headers, query }: RawRequest): boolean {
  const isConditional = Object.keys(headers).some((name) => name.startsWith('if-'));
  return !isConditional && !query.some(([name]) => name.startsWith('response-'));
}

/** @throws Refusal `TemporaryRedirect` where the remote can be read by the client; else returns, also where it does not answer */
async function redirectToRemote({ dataset, file }: FoundObject, request: FastifyRequest): Promise<void> {
  let address: string | undefined;
  try {
    address = await dataset.address(file, REDIRECT_SECONDS);
  } catch (error) {
    // What the cache has is read without it.
    request.log.warn({ req: request, err: error }, 'the remote cannot be asked');
  }
  if (address !== undefined)
    throw new Refusal('TemporaryRedirect', 'Please read from where the Location leads', {
      Location: address,
    });
}

async function respondBucket(
  repository: ServedRepository,
  raw: RawRequest,
  query: ReadonlyMap<string, string>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  // What HeadBucket says of a region is what GetBucketLocation says by leaving it out.
  if (raw.method === 'HEAD') return reply.header('x-amz-bucket-region', 'us-east-1').send();
  if (query.has('location')) return document(reply, xmlDocument(xmlElement('LocationConstraint', '')));
  // Versions are in the keys here, so that the bucket itself has none, as a bucket that never had any says.
  if (query.has('versioning')) return document(reply, xmlDocument(xmlElement('VersioningConfiguration', '')));
  return document(reply, await listingOf(repository, parseListQuery(query)));
}

/** @throws Refusal `NotImplemented` */
function refuseSubresources(query: ReadonlyMap<string, string>, key: string): void {
  for (const name of query.keys()) {
    if (SUBRESOURCES.has(name) || (key !== '' && (name === 'location' || name === 'versioning')))
      throw new Refusal('NotImplemented', `This server has no ${name}: it gives objects and their lists.`);
  }
}

function bucketsOf({ all }: ServedRepositories): string {
  const buckets = all.map(({ bucket, created }) =>
    xmlElement('Bucket', [xmlElement('Name', bucket), xmlElement('CreationDate', created.toISOString())]),
  );
  return xmlDocument(xmlElement('ListAllMyBucketsResult', [OWNER, xmlElement('Buckets', buckets)]));
}

function document(reply: FastifyReply, text: string): FastifyReply {
  return reply
    .header('Content-Type', 'application/xml')
    .header('x-amz-request-id', reply.request.id)
    .send(text);
}

/**
 * Check who asks.
 * @returns the id of the key that signed; undefined where nobody did, nor had to
 * @throws Refusal `AccessDenied`, and for a signature that does not hold
 */
function authenticate(raw: RawRequest, { keys, anonymous }: GatewayOptions): string | undefined {
  const claim = claimOf(raw);
  if (claim === undefined) {
    if (!anonymous) throw new Refusal('AccessDenied', 'Access Denied: the request is not signed.');
    if (raw.query.some(([name]) => name.startsWith('response-')))
      throw new Refusal(
        'InvalidRequest',
        'Request specific response headers cannot be used for anonymous GET requests.',
      );
    return undefined;
  }
  const secret = keys.secretOf(claim.keyId);
  if (secret === undefined)
    throw new Refusal(
      'InvalidAccessKeyId',
      'The AWS Access Key Id you provided does not exist in our records.',
    );
  checkSignature(raw, claim, secret, Date.now());
  return claim.keyId;
}

function refuse(request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
  const { status, code, message, headers } = error instanceof Refusal ? error : refusalFor(error);
  logFailure(request, error, status);
  const resource = request.raw.url!.replace(/\?.*$/s, '');
  reply
    .code(status)
    .headers({ ...headers, 'x-amz-request-id': request.id, 'Content-Type': 'application/xml' });
  // A body that comes along is not read: the connection that it comes by is of no more use.
  if (request.method !== 'GET' && request.method !== 'HEAD') reply.header('Connection', 'close');
  if (request.method === 'HEAD') return reply.send();
  const parts = [xmlElement('Code', code), xmlElement('Message', message), xmlElement('Resource', resource)];
  return reply.send(xmlDocument(xmlElement('Error', [...parts, xmlElement('RequestId', request.id)]), false));
}

function refusalFor(error: unknown): Refusal {
  const { status, code, message } = answerOf(error);
  const byStatus: Readonly<Record<number, RefusalCode>> = {
    403: 'AccessDenied',
    404: 'NoSuchKey',
    503: 'ServiceUnavailable',
  };
  const named = code === 'requests-too-many' ? 'SlowDown' : (byStatus[status] ?? 'InternalError');
  return new Refusal(
    status >= 400 && status < 500 && byStatus[status] === undefined ? 'InvalidRequest' : named,
    message,
  );
}

const ID_BYTES = 8;
/** Random bytes for ids to come: asked for one by one, they would take more time than finding an object. */
const RANDOM = Buffer.alloc(ID_BYTES * 512);
let taken = RANDOM.length;

/** As long as those of S3, of which tools know the form. */
export function newRequestId(): string {
  if (taken === RANDOM.length) {
    randomFillSync(RANDOM);
    taken = 0;
  }
  taken += ID_BYTES;
  return RANDOM.toString('hex', taken - ID_BYTES, taken).toUpperCase();
}
