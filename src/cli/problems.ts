import type { DatasetProblem } from '../operations/backend/results.ts';
import type { Io, Outcome } from './command.ts';

/** Say which datasets could not be looked at, beside what the others gave. A script knows by the exit code. */
export function withProblems(
  { note }: Pick<Io, 'note'>,
  problems: readonly DatasetProblem[] = [],
  outcome: Outcome,
): Outcome {
  // What concerns many datasets alike is said once.
  const texts = new Map(problems.map(({ message, remedy }) => [`varve: ${message}`, `  ${remedy}`]));
  for (const lines of texts) note(...lines);
  return problems.length === 0 ? outcome : { ...outcome, exitCode: 2 };
}
