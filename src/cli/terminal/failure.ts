import { VarveError } from '../../errors.ts';
import { inert, inertJson, neutral } from '../../wording/neutral.ts';
import { withoutSecrets } from '../../wording/urls.ts';
import { sourceTrace } from './source-trace.ts';
import { print, printError } from './standard-streams.ts';

/**
 * Say what went wrong and what to do next: on standard error, and as `{"error": {code, message, remedy, path}}` on
 * standard output if a script asked for JSON.
 */
export function printFailure(error: unknown, json: boolean): void {
  if (json) print(failureJson(error));
  printError(failureText(error, Boolean(process.env.VARVE_DEBUG)));
}

/** Write an error for people. With `trace`, also from where it was thrown, and what caused it. */
export function failureText(error: unknown, trace: boolean): string {
  const { message, remedy, details } = asVarveError(error);
  const calls = trace && error instanceof Error ? traceOf(error) : [];
  const facts = details.map((detail) => `    ${detail}`);
  const lines = [`varve: ${message}`, ...facts, `  ${remedy}`, ...calls];
  return `${inert(lines.map(withoutSecrets).map(neutral).join('\n'))}\n`;
}

export function failureJson(error: unknown): string {
  const { code, message, remedy, path, details } = asVarveError(error);
  const told = {
    code,
    message: withoutSecrets(message),
    remedy: withoutSecrets(remedy),
    path: path === undefined ? null : withoutSecrets(path),
    ...(details.length > 0 && { details: details.map(withoutSecrets) }),
  };
  return `${inertJson(JSON.stringify({ error: told }, undefined, 2))}\n`;
}

function asVarveError(error: unknown): VarveError {
  return error instanceof VarveError ? error : defect(error);
}

function defect(error: unknown): VarveError {
  const message = error instanceof Error ? error.message : String(error);
  return new VarveError('defect', `Something that varve did not expect: ${message}`, {
    remedy: 'This is a defect of varve: please report it, with what VARVE_DEBUG=1 prints.',
    cause: error,
  });
}

/** The message may have lines of its own, which are no calls. */
function traceOf(error: Error): string[] {
  const { name, message, cause } = error;
  const stack = sourceTrace(error.stack ?? '');
  const start = stack.indexOf(message);
  const calls = stack
    .slice(start < 0 ? 0 : start + message.length)
    .split('\n')
    .filter((line) => /^ {4}at /.test(line));
  const deeper = cause instanceof Error ? traceOf(cause) : [];
  const [first, ...rest] = deeper;
  return [`${name}: ${message}`, ...calls, ...(first === undefined ? [] : [`caused by ${first}`, ...rest])];
}
