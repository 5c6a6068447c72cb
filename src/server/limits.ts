import type { FastifyInstance } from 'fastify';
import { VarveError } from '../errors.ts';
import { whenOver } from './when-over.ts';

/**
 * Answer at most `limit` requests of one client at a time; what is more is refused at once, and costs no more than that.
 * Clients are told apart by the address that is connected.
 */
export function registerLimit(app: FastifyInstance, limit: number): void {
  const running = new Map<string, number>();
  app.addHook('onRequest', async ({ ip, raw, routeOptions }, reply) => {
    // How the server is, everybody may ask: who restarts it for want of an answer may be a client like any other.
    if (routeOptions.config.access === 'everybody') return;
    const count = running.get(ip) ?? 0;
    if (count >= limit) throw tooMany(ip, limit);
    running.set(ip, count + 1);
    whenOver(raw, reply.raw, () => {
      const left = running.get(ip)! - 1;
      if (left === 0) running.delete(ip);
      else running.set(ip, left);
    });
  });
}

function tooMany(client: string, limit: number): VarveError {
  return new VarveError('requests-too-many', `${client} has ${limit} requests that are not answered yet`, {
    remedy:
      'Ask for less at a time, and again a little later. The option --client-limit of `varve serve` sets how many may run.',
  });
}
