import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import { debug, IS_DEBUGGING } from '../../base/debug.ts';

/** Parameters whose values say what is asked for. Of any other, such as those of a signature, only the name is shown. */
const SHOWN = new Set([
  'delimiter',
  'key-marker',
  'list-type',
  'marker',
  'max-keys',
  'part-number-marker',
  'partNumber',
  'prefix',
  'start-after',
  'uploadId',
  'uploads',
  'versionId',
  'versions',
  'x-id',
]);
/** Servers that hand out credentials of the machine. Even a path there can be one. */
const CREDENTIAL_HOST = /^169\.254\./;

const attempts = IS_DEBUGGING ? watchRequests() : undefined;

/** Run `request`, and show its HTTP requests if VARVE_DEBUG asks for it, whichever library makes them. */
export function asAttempt<T>(attempt: number, request: () => Promise<T>): Promise<T> {
  return attempts === undefined ? request() : attempts.run(attempt, request);
}

/** Node tells of every request that starts. Those of the program around varve run in no attempt, and are not shown. */
function watchRequests(): AsyncLocalStorage<number> {
  const running = new AsyncLocalStorage<number>();
  subscribe('http.client.request.start', (message) => {
    const attempt = running.getStore();
    if (attempt === undefined) return;
    const { request } = message as { request: ClientRequest };
    const start = performance.now();
    const tell = (answer: unknown): void => {
      const took = Math.round(performance.now() - start);
      debug(
        'request',
        `${request.method} ${shownUrl(request.protocol, hostOf(request), request.path)} → ${answer}, ${took} ms, attempt ${attempt}`,
      );
    };
    const fail = (error: NodeJS.ErrnoException): void => tell(error.code ?? error.name);
    request.once('error', fail);
    request.once('response', ({ statusCode }) => {
      request.off('error', fail);
      tell(statusCode);
    });
  });
  return running;
}

/** Write the host with its port, which `request.host` lacks. */
function hostOf(request: ClientRequest): string {
  return String(request.getHeader('host') ?? request.host);
}

/** The URL of a request without what signs it. */
export function shownUrl(protocol: string, host: string, path: string): string {
  const url = new URL(path, `${protocol}//${host}`);
  if (CREDENTIAL_HOST.test(url.hostname)) return `${url.origin}/…`;
  const parts = [...url.searchParams].map(([name, value]) =>
    SHOWN.has(name) && value !== '' ? `${name}=${value}` : name,
  );
  return url.origin + url.pathname + (parts.length > 0 ? `?${parts.join('&')}` : '');
}
