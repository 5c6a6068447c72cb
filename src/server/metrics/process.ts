import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { Metric } from '../../report/ci/prometheus.ts';

const NS_PER_SECOND = 1e9;

/** How the process of the server is. Names: https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics */
export class ProcessHealth {
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: 20 });

  constructor() {
    this.#delay.enable();
  }

  metrics(): Metric[] {
    const { user, system } = process.cpuUsage();
    // While it slept between two scrapes, no delay was seen.
    const delay = Number.isFinite(this.#delay.max) ? this.#delay.max / NS_PER_SECOND : 0;
    this.#delay.reset();
    return [
      counter('process_cpu_seconds', 'Processor time that the process took.', (user + system) / 1e6),
      gauge('process_resident_memory_bytes', 'Memory of the process.', process.memoryUsage.rss()),
      gauge(
        'process_start_time_seconds',
        'When the process was started, in seconds since 1970.',
        performance.timeOrigin / 1000,
      ),
      gauge('varve_event_loop_delay_seconds', 'Longest wait of the event loop since the last scrape.', delay),
    ];
  }

  close(): void {
    this.#delay.disable();
  }
}

function gauge(name: string, help: string, value: number): Metric {
  return { name, help, samples: [{ labels: {}, value }] };
}

function counter(name: string, help: string, value: number): Metric {
  return { ...gauge(name, help, value), type: 'counter' };
}
