import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type ErrorCode, VarveError } from '../errors.ts';

/** What goes out for an error: its status, and what the client may know of it. */
export interface ErrorAnswer {
  readonly status: number;
  readonly code: ErrorCode | 'internal-error' | 'request-invalid';
  readonly message: string;
}

const STATUS: Partial<Record<ErrorCode, number>> = {
  'revision-unknown': 404,
  'dataset-missing': 404,
  'path-missing': 404,
  'bucket-unknown': 404,
  'path-unsafe': 400,
  'request-denied': 403,
  'queue-full': 429,
  'requests-too-many': 503,
  'object-missing': 503,
  'settings-untrusted': 503,
};

/**
 * Tell what a client hears of an error. Messages of varve name paths of this machine and places of remotes, so that only those whose
 * fault it is (statuses below 500) hear them; all else is in the log.
 */
export function answerOf(error: unknown): ErrorAnswer {
  if (error instanceof VarveError) {
    const status = STATUS[error.code] ?? 500;
    const isTold = status < 500 || error.code === 'requests-too-many';
    const message = isTold ? error.message : 'The server cannot give this at the moment; its log says why';
    return { status, code: error.code, message };
  }
  const { statusCode, message } = error as Partial<FastifyError>;
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return { status: statusCode, code: 'request-invalid', message: message ?? 'The request is not valid' };
  return { status: 500, code: 'internal-error', message: 'The server failed; its log says why' };
}

/** Answer errors as JSON: `{"error":{"code":…,"message":…}}`; doors that speak otherwise have handlers of their own. */
export function registerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => sendError(request, reply, error));
  app.setNotFoundHandler((_, reply: FastifyReply) =>
    reply.code(404).send({ error: { code: 'path-missing', message: 'There is nothing at this path' } }),
  );
}

export function sendError(request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
  const { status, code, message } = answerOf(error);
  logFailure(request, error, status);
  return reply.code(status).send({ error: { code, message } });
}

/** Log what failed on this side. Whoever asked for what is not there has heard so, and a log of that helps nobody. */
export function logFailure(request: FastifyRequest, error: unknown, status: number): void {
  if (status < 500) return;
  const { code, message, remedy } = error as Partial<VarveError>;
  if (error instanceof VarveError) request.log.error({ req: request, code, remedy }, message);
  else request.log.error({ req: request, err: error }, 'a defect of varve');
}
