import type { Expectation } from '../model.ts';
import type { Finding } from './rule.ts';

/** A person's own SQL checks. Only rows can decide them. `column` is what to show of a failing row. */
export function expectations(checks: readonly Expectation[], column?: string): Finding[] {
  return checks.map(({ sql, name, severity, maxFraction }) => ({
    kind: 'CUSTOM_VALIDATION',
    ...(severity !== undefined && { severity }),
    short: name ?? `Rows that break \`${sql}\``,
    description: `Rows that break \`${sql}\`.`,
    expected: sql,
    observed: '',
    failing: `NOT (${sql})`,
    ...(column !== undefined && { shown: column }),
    ...(maxFraction !== undefined && { allowed: maxFraction }),
    undecided: 'it is a check of rows',
  }));
}
