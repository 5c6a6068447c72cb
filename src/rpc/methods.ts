import { LIBRARY_METHODS } from './library-methods.ts';
import type { Methods, Reply, Request } from './serve.ts';
import { Tables } from './tables.ts';
import { Trees } from './trees.ts';

/** Grows where a client has to tell two protocols apart. */
const PROTOCOL = 1;

/** All that one client can ask for, and what it leaves open. */
export interface ClientMethods {
  readonly methods: Methods;
  end(): Promise<void>;
}

/** @param version of varve */
export function clientMethods(version: string): ClientMethods {
  const trees = new Trees();
  const tables = new Tables();
  const initialize = async () => ({ result: { protocol: PROTOCOL, version } });
  // Files are read without any of these; the first file that somebody opens waits for what is loaded before.
  const library = async (method: string, request: Request): Promise<Reply> =>
    (await import('./calls.ts')).callLibrary(method, request, tables.names);
  const calls = LIBRARY_METHODS.map((method) => [method, (request: Request) => library(method, request)]);
  const render = async (request: Request): Promise<Reply> => (await import('./render.ts')).render(request);
  return {
    methods: { initialize, ...trees.methods, ...tables.methods, render, ...Object.fromEntries(calls) },
    async end() {
      await trees.end();
      await tables.end();
    },
  };
}
