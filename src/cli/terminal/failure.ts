import { VarveError } from '../../errors.ts';
import { withoutSecrets } from '../../remote/url.ts';
import { inert, inertJson, neutral } from '../../report/neutral.ts';
import { print, printError } from './standard-streams.ts';

/**
 * Says what went wrong and what to do next: on standard error, and as `{"error": {code, message, remedy, path}}` on
 * standard output where a script asked for JSON.
 */
export function printFailure(error: unknown, json: boolean): void {
  const { code, message, remedy, path } = error instanceof VarveError ? error : defect(error);
  if (json) {
    const shown = path === undefined ? null : withoutSecrets(path);
    const told = { code, message: withoutSecrets(message), remedy: withoutSecrets(remedy), path: shown };
    print(`${inertJson(JSON.stringify({ error: told }, undefined, 2))}\n`);
  }
  const trace = process.env.VARVE_DEBUG && error instanceof Error ? traceOf(error) : [];
  const lines = [`varve: ${message}`, `  ${remedy}`, ...trace];
  printError(`${inert(lines.map(withoutSecrets).map(neutral).join('\n'))}\n`);
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
  const { name, message, stack = '', cause } = error;
  const start = stack.indexOf(message);
  const calls = stack
    .slice(start < 0 ? 0 : start + message.length)
    .split('\n')
    .filter((line) => /^ {4}at /.test(line));
  const deeper = cause instanceof Error ? traceOf(cause) : [];
  const [first, ...rest] = deeper;
  return [`${name}: ${message}`, ...calls, ...(first === undefined ? [] : [`caused by ${first}`, ...rest])];
}
