import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { VarveError } from '../../errors.ts';
import { BODY_TYPES } from './bodies.ts';
import type { ObservedDataset } from './observed-dataset.ts';
import type { ObservedDatasets } from './observed-datasets.ts';
import { observedPage, overviewPage } from './page.ts';
import { summaryOf } from './summary.ts';

interface Named {
  readonly Params: { readonly '*': string };
  readonly Querystring: { readonly report?: string };
}

/**
 * Take requests of models at `/v1/observe/NAME`, and tell there what was found, as a page for browsers and as JSON for programs. Who sends
 * waits for nothing but the arrival: 202 says that the body is in memory, 429 that it was dropped and counted.
 */
export function registerObserve(app: FastifyInstance, observed: ObservedDatasets): void {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser([...BODY_TYPES], (_request: FastifyRequest, payload: IncomingMessage) =>
      observed.budget.read(payload),
    );
    scope.post<Named>('/v1/observe/*', async (request, reply) => take(observed, request, reply));
    scope.get('/v1/observe', async (request, reply) => {
      const datasets = observed.all.map(summaryOf);
      return send(request, reply, { datasets }, () => overviewPage(datasets));
    });
    scope.get<Named>('/v1/observe/*', async (request, reply) => {
      const dataset = observed.named(request.params['*']);
      if (request.query.report !== undefined) return html(reply, lastReport(dataset));
      const summary = summaryOf(dataset);
      return send(request, reply, summary, () => observedPage(summary));
    });
    scope.addHook('onError', async (request, reply, error) => {
      if ((error as Partial<VarveError>).code !== 'queue-full') return;
      // What is left of the body is not read.
      reply.headers({ 'Retry-After': '1', Connection: 'close' });
      observed.all.find(({ name }) => name === (request.params as Named['Params'])['*'])?.drop();
    });
  });
}

async function take(
  observed: ObservedDatasets,
  request: FastifyRequest<Named>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const bytes = request.body as Buffer | undefined;
  try {
    const dataset = observed.named(request.params['*']);
    // Without a body there is none of its types either.
    if (bytes === undefined) return await reply.code(415).send(withoutBody());
    dataset.offer({ headers: request.headers, bytes });
  } catch (error) {
    if (bytes !== undefined) observed.budget.release(bytes.length);
    throw error;
  }
  // Brokers of events take a body for an event in answer.
  return reply.code(202).send();
}

function withoutBody(): unknown {
  return { error: { code: 'request-invalid', message: 'The request has no body of JSON' } };
}

function lastReport({ name, report }: ObservedDataset): string {
  if (report !== undefined) return report;
  throw new VarveError('path-missing', `No window of ${name} was compared yet`, {
    path: name,
    remedy: 'Wait until a window is full.',
  });
}

function send(request: FastifyRequest, reply: FastifyReply, facts: object, page: () => string): FastifyReply {
  reply.header('Cache-Control', 'no-store').header('Vary', 'Accept');
  return request.headers.accept?.includes('text/html') ? html(reply, page()) : reply.send(facts);
}

function html(reply: FastifyReply, text: string): FastifyReply {
  return reply
    .headers({ 'Content-Type': 'text/html; charset=utf-8', 'X-Content-Type-Options': 'nosniff' })
    .send(text);
}
