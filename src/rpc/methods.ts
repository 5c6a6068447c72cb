import { libraryMethods } from './calls.ts';
import { RENDER_METHODS } from './render.ts';
import type { Methods } from './serve.ts';
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
  return {
    methods: {
      initialize,
      ...trees.methods,
      ...tables.methods,
      ...RENDER_METHODS,
      ...libraryMethods(() => tables.names),
    },
    async end() {
      await trees.end();
      await tables.end();
    },
  };
}
