import type { Expectation } from '../model.ts';
import { mentionedSql } from '../row-checker.ts';
import type { Violation } from './rule.ts';

/**
 * A person's own SQL checks. Only rows can decide them. A failing row shows what the check mentions of `columns`.
 */
export function expectations(checks: readonly Expectation[], columns: readonly string[]): Violation[] {
  return checks.map(({ sql, name, severity, maxFraction }) => ({
    kind: 'CUSTOM_VALIDATION',
    ...(severity !== undefined && { severity }),
    short: name ?? `Rows that break \`${sql}\``,
    description: `Rows that break \`${sql}\`.`,
    expected: sql,
    observed: '',
    failing: `NOT (${sql})`,
    shown: mentionedSql(sql, columns),
    ...(maxFraction !== undefined && { allowed: maxFraction }),
    undecided: 'it is a check of rows',
  }));
}
