import type { Metric } from '../../report/ci/prometheus.ts';

/** Make gauges of the same things, each with one value of them; those that have none are left out. */
export function gaugesOf<T>(
  prefix: string,
  things: readonly T[],
  labelsOf: (thing: T) => Readonly<Record<string, string>>,
): (name: string, help: string, measure: (thing: T) => number | undefined) => Metric {
  return (name, help, measure) => ({
    name: prefix + name,
    help,
    samples: things.flatMap((thing) => {
      const value = measure(thing);
      return value === undefined ? [] : [{ labels: labelsOf(thing), value }];
    }),
  });
}
