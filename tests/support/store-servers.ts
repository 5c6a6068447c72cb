// The servers of tests as `scripts/bench/remotes.mjs` starts them, and how varve and DVC reach each.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { Azurite } from './azurite.ts';
import { GcsServer } from './gcs.ts';
import { HadoopCluster } from './hadoop.ts';
import { program } from './server-process.ts';
import { OpenSshServer } from './sshd.ts';

/** A place that a tool can push to. */
interface Place {
  readonly url: string;
  /** Of varve: words of `remote add`. */
  readonly flags: readonly string[];
  /** Of DVC: settings of the remote. */
  readonly settings: Readonly<Record<string, string>>;
}

interface StoreServer {
  /** For the processes of both tools. */
  readonly env: Readonly<Record<string, string>>;
  /** An empty place for one tool. */
  place(tool: string): Promise<Place>;
  stop(): void;
}

/** Start a server of this scheme; undefined where this machine has none. @param home a folder that is HOME of the tools */
export async function startStore(scheme: string, home: string): Promise<StoreServer | undefined> {
  return STORES[scheme]?.(home);
}

const STORES: Readonly<Record<string, (home: string) => Promise<StoreServer | undefined>>> = {
  async gs() {
    const binary = program('VARVE_FAKE_GCS', 'fake-gcs-server');
    if (binary === undefined) return undefined;
    const server = new GcsServer();
    await server.start(binary);
    return {
      // DVC's library would ask Google for what an emulator has not, and wait a minute for it.
      env: { GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT: 'false' },
      stop: () => server.stop(),
      place: async () => ({
        url: `gs://${await server.makeBucket()}/store`,
        flags: ['--endpoint', server.endpoint],
        settings: { endpointurl: server.endpoint, allow_anonymous_login: 'true' },
      }),
    };
  },
  async azure() {
    const binary = program('VARVE_AZURITE', 'azurite-blob');
    if (binary === undefined) return undefined;
    const server = new Azurite();
    await server.start(binary);
    return {
      env: server.env,
      stop: () => server.stop(),
      place: async () => ({
        url: `azure://${await server.makeContainer()}/store`,
        flags: ['--endpoint', server.endpoint],
        settings: { connection_string: server.connection },
      }),
    };
  },
  async ssh(home) {
    const binary = program('VARVE_SSHD', 'sshd', ['/usr/sbin', '/usr/local/sbin']);
    if (binary === undefined) return undefined;
    const server = new OpenSshServer();
    await server.start(binary);
    cpSync(join(server.home, '.ssh'), join(home, '.ssh'), { recursive: true });
    return {
      env: {},
      stop: () => server.stop(),
      place: async () => ({
        url: server.url(`${server.makeFolder()}/store`),
        flags: [],
        settings: { keyfile: join(home, '.ssh', 'id_ed25519') },
      }),
    };
  },
  async webhdfs() {
    const jars = process.env.VARVE_HADOOP;
    const java = program('', 'java');
    if (!jars || java === undefined) return undefined;
    const server = new HadoopCluster();
    await server.start(java, jars);
    return {
      env: {},
      stop: () => server.stop(),
      place: async () => ({
        url: `${server.url}${await server.makeFolder()}/store`,
        flags: [],
        settings: {},
      }),
    };
  },
};
