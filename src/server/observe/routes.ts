import type { IncomingMessage } from 'node:http';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { VarveError } from '../../errors.ts';
import { policyOfPages } from '../../report/html/page.ts';
import { SITE_POLICY } from '../../report/html/site.ts';
import { PAGE_HEADERS } from '../answer-headers.ts';
import { BODY_TYPES } from './bodies.ts';
import type { ObservedDataset } from './observed-dataset.ts';
import type { ObservedDatasets } from './observed-datasets.ts';
import { observedPage, overviewPage } from './page.ts';
import { summaryOf } from './summary.ts';

/** Of a report, which is a page by itself. What its frame cannot say is that nobody frames it. */
const REPORT_POLICY = `${policyOfPages()}; frame-ancestors 'none'`;

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
    scope.addHook('onRequest', async (_, reply) => {
      reply.headers(PAGE_HEADERS);
    });
    scope.addContentTypeParser([...BODY_TYPES], (_request: FastifyRequest, payload: IncomingMessage) =>
      observed.budget.read(payload),
    );
    scope.addHook('preParsing', async ({ headers }, reply) => {
      observed.budget.admit(Number(headers['content-length'] ?? 0));
      if (headers.expect !== undefined) reply.raw.writeContinue();
    });
    scope.post<Named>('/v1/observe/*', async (request, reply) => take(observed, request, reply));
    scope.get('/v1/observe', async (request, reply) => {
      const datasets = observed.all.map(summaryOf);
      return send(request, reply, { datasets }, () => overviewPage(datasets));
    });
    scope.get<Named>('/v1/observe/*', async (request, reply) => {
      const dataset = observed.named(request.params['*']);
      if (request.query.report !== undefined) return html(reply, lastReport(dataset), REPORT_POLICY);
      const summary = summaryOf(dataset);
      return send(request, reply, summary, () => observedPage(summary));
    });
    scope.addHook('onError', async (request, reply, error) => {
      const { code, statusCode } = error as Partial<VarveError & FastifyError>;
      // Who asked before it sends a body may not send it now, and what it sends next would be taken for it.
      const isAsked = request.headers.expect !== undefined;
      if (code === 'queue-full' || (statusCode === 413 && isAsked)) reply.header('Connection', 'close');
      if (code !== 'queue-full') return;
      reply.header('Retry-After', '1');
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
  return { error: { code: 'request-invalid', message: 'The request has no body' } };
}

function lastReport({ name, report }: ObservedDataset): string {
  if (report !== undefined) return report;
  throw new VarveError('path-missing', `No window of ${name} was compared yet`, {
    path: name,
    remedy: 'Wait until a window is full.',
  });
}

function send(request: FastifyRequest, reply: FastifyReply, facts: object, page: () => string): FastifyReply {
  reply.header('Vary', 'Accept');
  return request.headers.accept?.includes('text/html') ? html(reply, page(), SITE_POLICY) : reply.send(facts);
}

function html(reply: FastifyReply, text: string, policy: string): FastifyReply {
  return reply
    .headers({ 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': policy })
    .send(text);
}
