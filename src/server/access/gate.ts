import { timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { VarveError } from '../../errors.ts';
import { hexDigestOf } from '../../store/format/digest.ts';
import { isLoopback } from '../listen-address.ts';
import type { KeyRing } from './access-keys.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who passes the gate: `everybody`, or whoever the door itself lets in. Unless given, holders of a key, by HTTP's Basic. */
    access?: 'everybody' | 'own';
  }
}

export interface GateOptions {
  readonly keys: KeyRing;
  /** Whether requests that nobody signed are answered. */
  readonly anonymous: boolean;
  /** Whether the server is reached from this machine alone. */
  readonly isLocal: boolean;
}

/** Keep every door shut but to holders of a key: a browser or a scraper gives the key's id as the user, and its secret as the password. */
export function registerGate(app: FastifyInstance, { keys, anonymous, isLocal }: GateOptions): void {
  app.addHook('onRequest', async ({ headers, hostname, routeOptions }, reply) => {
    // A page on the web may have its own name lead to this machine, and then read what a local server gives to everybody (DNS rebinding).
    if (anonymous && isLocal && !isLoopback(hostname.replace(/^\[|\]$/g, ''))) throw otherHost(hostname);
    if (anonymous || routeOptions.config.access !== undefined) return undefined;
    if (holdsKey(headers.authorization, keys)) return undefined;
    const message = 'Give the id of an access key as the user, and its secret as the password';
    return reply
      .code(401)
      .header('WWW-Authenticate', 'Basic realm="varve", charset="UTF-8"')
      .send({ error: { code: 'request-denied', message } });
  });
}

/** Source: RFC 7617. */
function holdsKey(authorization: string | undefined, keys: KeyRing): boolean {
  const encoded = /^Basic ([\w+/]+={0,2})$/i.exec(authorization ?? '')?.[1];
  const [, id, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded ?? '', 'base64').toString()) ?? [];
  const known = id === undefined ? undefined : keys.secretOf(id);
  // Of digests, so that both sides have one length.
  return known !== undefined && timingSafeEqual(digestOf(secret!), digestOf(known));
}

function digestOf(text: string): Buffer {
  return Buffer.from(hexDigestOf(Buffer.from(text)));
}

function otherHost(host: string): VarveError {
  return new VarveError(
    'request-denied',
    `This server answers on its own machine alone, and not as ${host.slice(0, 100)}`,
    {
      remedy:
        'Ask it by 127.0.0.1 or localhost. Where a proxy stands in front, have clients sign, or let the proxy set `Host: localhost`.',
    },
  );
}
