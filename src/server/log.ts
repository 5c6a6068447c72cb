import type { FastifyRequest, FastifyServerOptions } from 'fastify';

/** How much is logged: each level has what the one before has. `silent` logs nothing. */
export type LogLevel = 'silent' | 'error' | 'warn' | 'info' | 'debug';
export const LOG_LEVELS: readonly LogLevel[] = ['silent', 'error', 'warn', 'info', 'debug'];

/**
 * How the server logs: one line of JSON for each request and each failure, as pino writes them.
 * @param onLine takes the lines; standard error unless given
 */
export function loggerOptions(
  level: LogLevel,
  onLine?: (line: string) => void,
): NonNullable<FastifyServerOptions['logger']> {
  const write = onLine ?? ((line: string) => process.stderr.write(line));
  return {
    level,
    // The time as people and log stores read it, and no process or host: who runs the server knows them.
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }), bindings: () => ({}) },
    stream: { write },
    serializers: { req: requestFacts },
  };
}

/** What is logged of a request. The query stays out: the signature of a presigned address opens what it names to every reader of the log. */
function requestFacts(request: FastifyRequest): { method: string; path: string; client: string } {
  return { method: request.method, path: request.url.replace(/\?.*$/s, ''), client: request.ip };
}
