import type { FastifyInstance } from 'fastify';
import type { Metric } from '../../report/ci/prometheus.ts';
import { whenOver } from '../when-over.ts';

/** Counts what the server answers. */
export class Traffic {
  readonly #answers = new Map<string, { labels: Readonly<Record<string, string>>; value: number }>();
  #seconds = 0;
  #running = 0;
  #cut = 0;

  register(app: FastifyInstance): void {
    app.addHook('onRequest', async ({ raw }, reply) => {
      this.#running++;
      whenOver(raw, reply.raw, () => {
        this.#running--;
        if (!reply.raw.writableFinished) this.#cut++;
      });
    });
    app.addHook('onResponse', async ({ method }, { statusCode, elapsedTime }) => {
      const labels = { method: METHODS.has(method) ? method : 'other', status: String(statusCode) };
      const key = JSON.stringify(labels);
      const known = this.#answers.get(key) ?? { labels, value: 0 };
      known.value++;
      this.#answers.set(key, known);
      this.#seconds += elapsedTime / 1000;
    });
  }

  metrics(): Metric[] {
    return [
      {
        name: 'varve_http_answers',
        type: 'counter',
        help: 'Answered requests.',
        samples: [...this.#answers.values()].map(({ labels, value }) => ({ labels, value })),
      },
      {
        name: 'varve_http_answer_seconds',
        type: 'counter',
        help: 'Time that answers took together.',
        samples: [{ labels: {}, value: this.#seconds }],
      },
      {
        name: 'varve_http_answers_cut',
        type: 'counter',
        help: 'Requests whose connection ended before their answer.',
        samples: [{ labels: {}, value: this.#cut }],
      },
      {
        name: 'varve_http_requests_running',
        help: 'Requests that are not answered yet.',
        samples: [{ labels: {}, value: this.#running }],
      },
    ];
  }
}

/** Clients can invent others. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']);
