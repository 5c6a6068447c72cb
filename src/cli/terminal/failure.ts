import { VarveError } from '../../errors.ts';
import { sourceTrace } from './source-trace.ts';
import { print, printError } from './standard-streams.ts';
import { printable } from './text.ts';

/**
 * Says what went wrong and what to do next: on standard error, and as `{"error": {code, message, remedy, path}}` on
 * standard output where a script asked for JSON.
 */
export function printFailure(error: unknown, json: boolean): void {
  const { code, message, remedy, path } = error instanceof VarveError ? error : defect(error);
  if (json) {
    const document = { error: { code, message, remedy, path: path ?? null } };
    print(`${JSON.stringify(document, undefined, 2)}\n`);
  }
  printError(`varve: ${printable(message)}\n  ${printable(remedy)}\n`);
  if (process.env.VARVE_DEBUG && error instanceof Error) printError(`${traceOf(error)}\n`);
}

function defect(error: unknown): VarveError {
  const message = error instanceof Error ? error.message : String(error);
  return new VarveError('defect', `Something that varve did not expect: ${message}`, {
    remedy: 'This is a defect of varve: please report it, with what VARVE_DEBUG=1 prints.',
    cause: error,
  });
}

function traceOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${traceOf(error.cause)}` : '';
  return `${sourceTrace(error.stack ?? error.message)}${cause}`;
}
