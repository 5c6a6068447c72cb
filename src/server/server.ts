/**
 * The server: one process that shows the data of repositories over HTTP, and changes none of it. It may not know the command line; it
 * reads data by operations and the store alone, and every answer goes out by a door of its own: `s3/`, `pages/`, `observe/`, `metrics/`,
 * health.
 */

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, isIP } from 'node:net';
import { resolve } from 'node:path';
import { createSecureContext, Server as TlsServer } from 'node:tls';
import fastify, { type FastifyInstance, type FastifyReply, LogController } from 'fastify';
import { systemCode, systemError } from '../base/files/system-errors.ts';
import { VarveError } from '../errors.ts';
import { isOutOfReach } from '../workspace/trust/consent.ts';
import { KeyRing, keyFolder, openKeyFiles } from './access/access-keys.ts';
import { registerGate } from './access/gate.ts';
import { registerHeaders } from './answer-headers.ts';
import { Connections } from './connections.ts';
import { registerErrors, sendError } from './error-answers.ts';
import { registerHealth } from './health.ts';
import { registerLimit } from './limits.ts';
import { isLoopback, type ListenAddress, parseListenAddress } from './listen-address.ts';
import { type LogLevel, loggerOptions } from './log.ts';
import { registerMetrics } from './metrics/routes.ts';
import { type ObservedDatasets, type ObserveOptions, openObserved } from './observe/observed-datasets.ts';
import { registerObserve } from './observe/routes.ts';
import { registerPages } from './pages/pages.ts';
import { openRepositories, type ServedRepositories } from './repositories.ts';
import { newRequestId, registerGateway } from './s3/gateway.ts';
import { whenOver } from './when-over.ts';

export interface ServerSettings extends ObserveOptions {
  /** Folders of the repositories, each with the name of its bucket perhaps: `PATH` or `NAME=PATH`. */
  readonly repositories: readonly string[];
  /** Folder that relative paths start at. */
  readonly base: string;
  /** `HOST:PORT`; port 0 takes a free one. 127.0.0.1:8787 unless given. */
  readonly listen?: string | undefined;
  /** PEM file of the certificate, and of the key that belongs to it: then the server speaks TLS alone. */
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  /** Whether whoever reaches the server may read, without a key. */
  readonly anonymous?: boolean | undefined;
  /**
   * Whether GetObject of what the default remote, a bucket, holds whole is answered by the way there: an address that holds for five minutes,
   * at which the client reads what this server has not verified.
   */
  readonly redirect?: boolean | undefined;
  /** Requests of one client that are answered at a time. 256 unless given. */
  readonly clientLimit?: number | undefined;
  /** The least severe of what is logged. `info` unless given. */
  readonly log?: LogLevel | undefined;
  /** Takes the log, one line of JSON at a time; standard error unless given. */
  readonly onLog?: ((line: string) => void) | undefined;
}

/** A server that listens. */
export interface RunningServer {
  /** Where it is reached, such as `http://127.0.0.1:8787`. */
  readonly url: string;
  readonly repositories: readonly { readonly bucket: string; readonly root: string }[];
  /** Datasets that requests are held against: their names at `/v1/observe/NAME`, and the versions. */
  readonly observed: readonly { readonly name: string; readonly against: string }[];
  /** What whoever started it should know of how it can be reached. */
  readonly warnings: readonly string[];
  /** Take no more requests, let those that run come to their end for up to `graceMs` (30 s unless given), and free all that is open. */
  close(graceMs?: number): Promise<void>;
}

export const DEFAULT_LISTEN = '127.0.0.1:8787';
const DEFAULT_CLIENT_LIMIT = 256;
const GRACE_MS = 30_000;
/** A connection on which nothing moves for so long is closed, in milliseconds: a client that reads nothing holds memory. */
const IDLE_MS = 60_000;
/** The time that a client has to send all of its request, in milliseconds. */
const REQUEST_MS = 30_000;
/** Names of datasets and signatures in a query make addresses long. */
const MAX_HEAD_BYTES = 32 * 1024;

/**
 * Open the repositories and begin to listen.
 * @throws VarveError `listen-invalid`, `listen-failed`, `tls-invalid`, `bucket-name-invalid`, and as openContext
 */
export async function startServer(options: ServerSettings): Promise<RunningServer> {
  const address = parseListenAddress(options.listen ?? DEFAULT_LISTEN);
  const app = buildApp(options);
  const connections = new Connections(app.server);
  const repositories = await openRepositories(options.repositories, options.base, (text) =>
    app.log.warn(text),
  );
  let observed: ObservedDatasets | undefined;
  try {
    const keys = new KeyRing();
    if (!options.anonymous) requireKeys(keys, repositories);
    const opened = await openObserved(options, options.base, (message, error) =>
      app.log.error({ err: error }, message),
    );
    observed = opened;
    registerDoors(app, { repositories, observed, keys }, address, options);
    const url = await listen(app, address);
    return {
      url,
      repositories: repositories.all.map(({ bucket, root }) => ({ bucket, root })),
      observed: opened.all.map(({ name, against }) => ({ name, against })),
      warnings: warningsOf(address, options),
      close: (graceMs = GRACE_MS) => close(app, connections, [opened, repositories], graceMs),
    };
  } catch (error) {
    await observed?.close();
    await repositories.close();
    throw error;
  }
}

interface Opened {
  readonly repositories: ServedRepositories;
  readonly observed: ObservedDatasets;
  readonly keys: KeyRing;
}

function registerDoors(
  app: FastifyInstance,
  { repositories, observed, keys }: Opened,
  address: ListenAddress,
  options: ServerSettings,
): void {
  registerHeaders(app);
  registerErrors(app);
  registerLimit(app, options.clientLimit ?? DEFAULT_CLIENT_LIMIT);
  const gate = { keys, anonymous: options.anonymous ?? false, isLocal: isLoopback(address.host) };
  const { redirect = false } = options;
  registerMetrics(app, repositories, observed);
  registerGate(app, gate);
  registerHealth(app, repositories);
  registerObserve(app, observed);
  registerPages(app, repositories);
  registerGateway(app, repositories, { ...gate, redirect });
}

/** @throws VarveError `access-key-missing`, `trust-unsafe` */
function requireKeys(keys: KeyRing, { all }: ServedRepositories): void {
  for (const { root } of all) {
    if (!isOutOfReach(root))
      throw new VarveError(
        'trust-unsafe',
        `Access keys would be read from ${keyFolder()}, which lies in ${root} and so can come through Git`,
        {
          path: keyFolder(),
          remedy: 'Set XDG_CONFIG_HOME to a folder outside of the repositories that are served.',
        },
      );
  }
  if (keys.isEmpty)
    throw new VarveError('access-key-missing', `Nobody could read: ${keyFolder()} has no access key`, {
      path: keyFolder(),
      remedy:
        'Run `varve serve key add` for a key, or `varve serve --anonymous` to let everybody read who reaches the server.',
    });
}

function buildApp(options: ServerSettings): FastifyInstance {
  const tls = tlsFiles(options);
  const timing = {
    requestTimeout: REQUEST_MS,
    headersTimeout: REQUEST_MS,
    keepAliveTimeout: IDLE_MS,
    maxHeaderSize: MAX_HEAD_BYTES,
    noDelay: true,
  };
  const app = fastify({
    logger: loggerOptions(options.log ?? 'info', options.onLog),
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: 'idle',
    // Limits and logs go by who is connected: anybody can write a header that says otherwise.
    trustProxy: false,
    genReqId: newRequestId,
    // An address that is none reaches no door.
    frameworkErrors: (error, request, reply) => {
      sendError(request, reply, error);
    },
    serverFactory(answer) {
      const server =
        tls === undefined ? createServer(timing, answer) : createTlsServer({ ...timing, ...tls }, answer);
      server.setTimeout(IDLE_MS);
      // A client that asks before it sends a body hears at once that it is not taken.
      return server.on('checkContinue', (request, response) => server.emit('request', request, response));
    },
  });
  app.addHook('onResponse', async (request, reply) => {
    request.log.info({ req: request, ...factsOf(reply) }, 'answered');
  });
  app.addHook('onRequest', async (request, reply) => {
    const { socket } = request.raw;
    const before = socket.bytesWritten;
    whenOver(request.raw, reply.raw, () => {
      if (reply.raw.writableFinished) return;
      // Who reads all but the last bytes has read too.
      const sent = socket.bytesWritten - before;
      request.log.info({ req: request, ...factsOf(reply), sent }, 'cut off');
    });
  });
  return app;
}

function factsOf({ raw, elapsedTime }: FastifyReply): { readonly status: number; readonly ms: number } {
  return { status: raw.statusCode, ms: Math.round(elapsedTime * 10) / 10 };
}

/** @throws VarveError `tls-invalid`, and as systemError */
function tlsFiles({ base, tlsCert, tlsKey }: ServerSettings): { cert: Buffer; key: Buffer } | undefined {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) throw badTls('Only one of its two files is named');
  const [cert, key] = [tlsCert, tlsKey].map((path) => {
    try {
      return readFileSync(resolve(base, path));
    } catch (error) {
      throw systemError(error, 'read', path);
    }
  }) as [Buffer, Buffer];
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    throw badTls(`${tlsCert} and ${tlsKey} do not make one: ${(error as Error).message}`, tlsCert);
  }
  return { cert, key };
}

function badTls(problem: string, path?: string): VarveError {
  return new VarveError('tls-invalid', `TLS needs a certificate and its key. ${problem}`, {
    ...(path !== undefined && { path }),
    remedy:
      'Give a PEM file of the certificate by --tls-cert, and one of its key, without a password, by --tls-key.',
  });
}

/** @throws VarveError `listen-failed` */
async function listen(app: FastifyInstance, { host, port }: ListenAddress): Promise<string> {
  try {
    await app.listen({ host, port, listenTextResolver: () => 'listening' });
    const { port: taken } = app.server.address() as AddressInfo;
    return `${app.server instanceof TlsServer ? 'https' : 'http'}://${isIP(host) === 6 ? `[${host}]` : host}:${taken}`;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    throw new VarveError(
      'listen-failed',
      `Nothing can listen at ${host}:${port}: ${(error as Error).message}`,
      {
        path: `${host}:${port}`,
        remedy: 'Another program may listen there: stop it, or choose another port by --listen.',
        cause: error,
      },
    );
  }
}

function warningsOf({ host }: ListenAddress, { tlsCert, anonymous }: ServerSettings): string[] {
  const open = anonymous
    ? []
    : openKeyFiles().map((file) => `everybody on this machine may read ${file}: run \`chmod 600 ${file}\``);
  if (isLoopback(host)) return open;
  return [
    ...open,
    ...(tlsCert === undefined
      ? [
          `what is sent from ${host} can be read on its way: give --tls-cert and --tls-key, or put a proxy that speaks TLS in front`,
        ]
      : []),
    ...(anonymous
      ? [
          `without keys, whatever page on the web somebody opens who reaches ${host} can read what is served here: leave --anonymous out, or listen at 127.0.0.1`,
        ]
      : []),
  ];
}

async function close(
  app: FastifyInstance,
  connections: Connections,
  opened: readonly { close(): Promise<void> }[],
  graceMs: number,
): Promise<void> {
  connections.end();
  const late = setTimeout(() => connections.cut(), graceMs);
  try {
    await app.close();
  } finally {
    clearTimeout(late);
    for (const one of opened) await one.close();
  }
}
