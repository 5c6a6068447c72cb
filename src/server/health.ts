import type { FastifyInstance } from 'fastify';
import type { ServedRepositories } from './repositories.ts';

/**
 * Say how the server is, to whoever asks: `/healthz` while the process answers at all, `/readyz` while it can also read its
 * repositories. Neither tells what they hold. Names as Kubernetes has them: https://kubernetes.io/docs/reference/using-api/health-checks
 */
export function registerHealth(app: FastifyInstance, repositories: ServedRepositories): void {
  app.get('/healthz', { config: { access: 'everybody' } }, async (_, reply) => reply.send({ status: 'ok' }));
  app.get('/readyz', { config: { access: 'everybody' } }, async (request, reply) => {
    const failures = await repositories.check();
    for (const { bucket, error } of failures)
      request.log.error({ bucket, err: error }, 'a repository cannot be read');
    const isReady = failures.length === 0;
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ok' : 'unavailable' });
  });
}
