import { readFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import ssh2, { type AnyAuthMethod, type Client, type ConnectConfig, type SFTPWrapper } from 'ssh2';
import { VarveError } from '../../errors.ts';
import { shellWord } from '../../wording/quote.ts';
import { type SshTarget, sshTarget } from './config.ts';
import { checkHostKey, keyTypes, knownKeys } from './known-hosts.ts';
import { connectSocket } from './socket.ts';

const READY_WITHIN_MS = 20_000;
/** A connection on which the server answers nothing for so long is given up, and the request is tried again. */
const ALIVE_EVERY_MS = 15_000;
const MISSED_ANSWERS = 4;
/** A chain of hosts that name each other would have no end. */
const MAX_JUMPS = 8;
/** Kinds of host keys, the best first. Source: OpenSSH's own order, without the certificates and DSA. */
const HOST_KEYS = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
] as const;

/** A connection with a channel for files. */
export class SshConnection {
  readonly sftp: SFTPWrapper;
  readonly #clients: readonly Client[];
  readonly #waiting = new Set<(error: Error) => void>();
  #isOpen = true;

  /** @param clients those of the hosts on the way, and of the last one */
  constructor(clients: readonly Client[], sftp: SFTPWrapper) {
    this.#clients = clients;
    this.sftp = sftp;
    for (const one of clients) one.on('close', () => this.#lose());
    sftp.on('close', () => this.#lose());
  }

  /** False from the moment on when the connection is lost. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Wait for an answer, or for the end of the connection: what is asked at that moment would never be answered. */
  async answered<T>(answer: Promise<T>): Promise<T> {
    if (!this.#isOpen) throw lost();
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      const done = (): boolean => this.#waiting.delete(reject);
      answer.then(resolve, reject).finally(done);
    });
  }

  close(): void {
    for (const client of [...this.#clients].reverse()) client.end();
    this.#lose();
  }

  #lose(): void {
    this.#isOpen = false;
    for (const reject of this.#waiting) reject(lost());
  }
}

/**
 * Connect to a host as `ssh` would: with its host key checked, by its keys and agent, over the hosts of its ProxyJump.
 * @throws VarveError `host-unknown`, `host-key-changed`, `credentials-missing`, `credentials-refused`, `ssh-config-invalid`; errors of the
 * network as they are
 */
export async function connect(target: SshTarget): Promise<SshConnection> {
  const clients: Client[] = [];
  try {
    for (const hop of hopsTo(target)) {
      const before = clients.at(-1);
      clients.push(await handshake(hop, before && (await forward(before, hop))));
    }
    const sftp = await new Promise<SFTPWrapper>((resolve, reject) => {
      clients.at(-1)!.sftp((error, channel) => (error ? reject(error) : resolve(channel)));
    });
    return new SshConnection(clients, sftp);
  } catch (error) {
    for (const client of clients.reverse()) client.end();
    throw error;
  }
}

/** The hosts on the way, and the target. */
function hopsTo(target: SshTarget, depth = 0): readonly SshTarget[] {
  if (depth > MAX_JUMPS || target.jumps.length > MAX_JUMPS)
    throw new VarveError('ssh-config-invalid', `ProxyJump of ${target.host} leads through too many hosts`, {
      path: '~/.ssh/config',
      remedy: 'Look whether hosts of ~/.ssh/config name each other in ProxyJump.',
    });
  const [first, ...others] = target.jumps.map((text) => {
    const [, user, host = '', port] = /^(?:([^@]*)@)?(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(text) ?? [];
    return sshTarget(host, { ...(user && { user }), ...(port && { port: Number(port) }) });
  });
  // The first of them may itself lie behind another; later ones are reached from the one before.
  return [...(first === undefined ? [] : hopsTo(first, depth + 1)), ...others, target];
}

function forward(client: Client, { host, port }: SshTarget): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    client.forwardOut('127.0.0.1', 0, host, port, (error, stream) =>
      error ? reject(error) : resolve(stream),
    );
  });
}

function handshake(target: SshTarget, way: Duplex | undefined): Promise<Client> {
  const known = knownKeys(target);
  const { methods, locked } = authMethods(target);
  const client = new ssh2.Client();
  const socket = way ?? connectSocket(target.host, target.port);
  let refusal: VarveError | undefined;
  const config: ConnectConfig = {
    sock: socket as never,
    username: target.user,
    authHandler: methods,
    readyTimeout: READY_WITHIN_MS,
    keepaliveInterval: ALIVE_EVERY_MS,
    keepaliveCountMax: MISSED_ANSWERS,
    algorithms: { serverHostKey: keyTypes(known, HOST_KEYS) as never },
    hostVerifier: (key: Buffer) => {
      try {
        checkHostKey(target, known, key);
        return true;
      } catch (error) {
        refusal = error as VarveError;
        return false;
      }
    },
  };
  return new Promise((resolve, reject) => {
    client.once('ready', () => resolve(client));
    client.on('error', (error: Error & { level?: string }) => {
      client.end();
      reject(
        refusal ?? (error.level === 'client-authentication' ? refused(target, locked) : asNetwork(error)),
      );
    });
    client.once('close', () => reject(refusal ?? lost()));
    try {
      client.connect(config);
    } catch (error) {
      socket.destroy();
      throw error;
    }
  });
}

/** What to log in by, in the order of OpenSSH: keys of files that can be read, then those of the agent. */
function authMethods(target: SshTarget): { methods: AnyAuthMethod[]; locked: string[] } {
  const { user: username, agent } = target;
  const locked: string[] = [];
  const methods: AnyAuthMethod[] = [];
  for (const path of target.keys) {
    let key: Buffer;
    try {
      key = readFileSync(path);
    } catch {
      continue;
    }
    const parsed = ssh2.utils.parseKey(key);
    if (parsed instanceof Error) locked.push(path);
    else methods.push({ type: 'publickey', username, key });
  }
  // Where only keys that the configuration names may be used, the agent has those of them that have a passphrase.
  if (agent !== undefined && (!target.onlyKeys || locked.length > 0))
    methods.push({ type: 'agent', username, agent });
  if (methods.length > 0) return { methods, locked };
  throw new VarveError('credentials-missing', `There is no key to log in to ${target.host} by`, {
    path: target.host,
    remedy: signInTo(target, locked),
  });
}

/** How to have a key that a host takes. @param locked keys that have a passphrase */
export function signInTo({ user, host, port }: SshTarget, locked: readonly string[] = []): string {
  const [first] = locked;
  const unlock =
    first === undefined
      ? ''
      : ` ${first} has a passphrase: give it to an agent by \`ssh-add ${shellWord(first)}\`.`;
  const place = `${port === 22 ? '' : `-p ${port} `}${shellWord(`${user}@${host}`)}`;
  return `\`ssh ${place}\` must log in without asking for a password: by a key of ~/.ssh, of an agent, or the IdentityFile of ~/.ssh/config.${unlock}`;
}

function refused(target: SshTarget, locked: readonly string[]): VarveError {
  return new VarveError('credentials-refused', `${target.host} does not accept the keys of ${target.user}`, {
    path: target.host,
    remedy: signInTo(target, locked),
  });
}

/** Errors of the client that have no code, in those of Node. */
function asNetwork(error: Error & { code?: unknown; level?: string }): Error {
  if (typeof error.code === 'string') return error;
  const code = error.level === 'client-timeout' ? 'ETIMEDOUT' : 'ECONNRESET';
  return Object.assign(new Error(error.message), { code });
}

export function lost(): Error {
  return Object.assign(new Error('The connection was lost'), { code: 'ECONNRESET' });
}
