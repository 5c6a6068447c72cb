import type { DatasetProblem } from '../operations/backend/results.ts';
import { neutral } from '../wording/neutral.ts';

/** Says which datasets a command left out, and why. */
export function problemLines(problems: readonly DatasetProblem[] = []): string[] {
  return problems.map(({ dataset, message, remedy }) =>
    neutral(`problem    ${dataset}  (${message}. ${remedy})`),
  );
}
