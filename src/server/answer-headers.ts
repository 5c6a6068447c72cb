import type { FastifyInstance } from 'fastify';

/** For pages and what else browsers look at: other sites can neither frame it, nor read it, nor learn where people came from. */
export const PAGE_HEADERS = {
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
} as const;

const YEAR_SECONDS = 31_536_000;

/** Say with every answer that nothing keeps it and that it is what it says, unless a door says otherwise: most are for one client alone. */
export function registerHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', async (_, reply) => {
    reply.headers({ 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' });
  });
}

/**
 * What is said with the bytes of data. What anybody put into a dataset is no page of this server: browsers are to run nothing of it.
 * @param isFixed whether the address can only ever lead to the same bytes
 */
export function dataHeaders(isFixed: boolean): Record<string, string> {
  return {
    'Cache-Control': isFixed ? `private, max-age=${YEAR_SECONDS}, immutable` : 'private, no-cache',
    'Content-Security-Policy': "sandbox; default-src 'none'",
    'X-Content-Type-Options': 'nosniff',
  };
}
