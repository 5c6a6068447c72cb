/**
 * Metrics: what there is to watch of a server, its data and what it observes. It may not know how any of it is counted or compared.
 */

import type { FastifyInstance } from 'fastify';
import { exposition, type Metric, openMetrics } from '../../report/ci/prometheus.ts';
import { PAGE_HEADERS } from '../answer-headers.ts';
import type { ObservedDatasets } from '../observe/observed-datasets.ts';
import type { ServedRepositories } from '../repositories.ts';
import { observedMetrics } from './observed.ts';
import { ProcessHealth } from './process.ts';
import { Traffic } from './traffic.ts';
import { CurrentVersions } from './versions.ts';

const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8';

/** Give at `/metrics` what there is to watch, in OpenMetrics to those who take it, as Prometheus does, else in Prometheus' own format. */
export function registerMetrics(
  app: FastifyInstance,
  repositories: ServedRepositories,
  observed: ObservedDatasets,
): void {
  const traffic = new Traffic();
  const health = new ProcessHealth();
  const versions = new CurrentVersions(repositories);
  traffic.register(app);
  app.addHook('onClose', async () => health.close());
  app.get('/metrics', async ({ headers }, reply) => {
    const metrics: Metric[] = [
      ...(await versions.metrics()),
      ...observedMetrics(observed),
      ...traffic.metrics(),
      ...health.metrics(),
    ];
    const isOpen = headers.accept?.includes('application/openmetrics-text') ?? false;
    return reply
      .headers({
        'Content-Type': isOpen ? OPEN_METRICS : PROMETHEUS,
        ...PAGE_HEADERS,
        Vary: 'Accept',
      })
      .send(isOpen ? openMetrics(metrics) : exposition(metrics));
  });
}
