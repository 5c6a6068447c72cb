import { timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { VarveError } from '../../errors.ts';
import { hexDigestOf } from '../../store/format/digest.ts';
import { isLoopback } from '../listen-address.ts';
import type { KeyRing } from './access-keys.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whether whoever asked may still read: a key may be removed while an answer is under way. */
    isAllowed: () => boolean;
  }
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
  app.decorateRequest('isAllowed');
  app.addHook('onRequest', async (request, reply) => {
    const { hostname, routeOptions, headers } = request;
    const { access } = routeOptions.config;
    request.isAllowed = () => true;
    // A page on the web may have its own name lead to this machine, and then read what a local server gives to everybody (DNS rebinding).
    if (anonymous && isLocal && !isLoopback(hostname.replace(/^\[|\]$/g, ''))) throw otherHost(hostname);
    // It is answered for where its reader's browser is, or for the key that the browser holds, and not for what the page itself knows.
    const isForBrowser = access === undefined || (access === 'own' && anonymous && isLocal);
    if (isForBrowser && isOfOtherSite(request)) throw otherSite();
    if (anonymous || access !== undefined) return undefined;
    const id = keyHeld(headers.authorization, keys);
    if (id !== undefined) {
      request.isAllowed = () => keys.secretOf(id) !== undefined;
      return undefined;
    }
    const message = 'Give the id of an access key as the user, and its secret as the password';
    return reply
      .code(401)
      .header('WWW-Authenticate', 'Basic realm="varve", charset="UTF-8"')
      .send({ error: { code: 'request-denied', message } });
  });
}

/**
 * Whether a browser asks for a page of another site, otherwise than to show what it gets in place of that page.
 * Source: W3C Fetch Metadata Request Headers, §2; for browsers that send none of those, RFC 6454, §7.
 */
function isOfOtherSite({ headers, method }: FastifyRequest): boolean {
  const { origin, host, 'sec-fetch-site': site, 'sec-fetch-mode': mode } = headers;
  if (site === undefined) return origin !== undefined && origin.replace(/^https?:\/\//, '') !== host;
  const isVisit = mode === 'navigate' && method === 'GET';
  return (site === 'cross-site' || site === 'same-site') && !isVisit;
}

/** The id of the key that a request holds. Source: RFC 7617. */
function keyHeld(authorization: string | undefined, keys: KeyRing): string | undefined {
  const encoded = /^Basic ([\w+/]+={0,2})$/i.exec(authorization ?? '')?.[1];
  const [, id, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded ?? '', 'base64').toString()) ?? [];
  const known = id === undefined ? undefined : keys.secretOf(id);
  // Of digests, so that both sides have one length.
  return known !== undefined && timingSafeEqual(digestOf(secret!), digestOf(known)) ? id : undefined;
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

function otherSite(): VarveError {
  return new VarveError('request-denied', 'A page of another site asked', {
    remedy: 'Open the address itself, or ask from a program.',
  });
}
