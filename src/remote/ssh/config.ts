/**
 * What the configuration files of OpenSSH say of a host. Source: ssh_config(5). What is not read here, such as `Match exec`, which would
 * run a command for a host that settings from Git may name, counts for nothing.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { basename, dirname, isAbsolute, join } from 'node:path';
import picomatch from 'picomatch';
import SshConfig from 'ssh-config';
import { isAbsent, systemError } from '../../base/files/system-errors.ts';
import { VarveError } from '../../errors.ts';

export interface SshTarget {
  /** The name or address to connect to. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** The name that known_hosts has for it; with the port, if that is not 22. */
  readonly knownAs: string;
  readonly knownHosts: readonly string[];
  /** Private keys that the configuration names; the usual ones if it names none. */
  readonly keys: readonly string[];
  /** The socket of the agent; undefined if there is none, or if it is not to be asked. */
  readonly agent: string | undefined;
  /** Whether keys of the agent that the configuration does not name are left alone. */
  readonly onlyKeys: boolean;
  /** Hosts on the way, the first one first, as `user@host:port`. */
  readonly jumps: readonly string[];
}

const DEFAULT_PORT = 22;
const MAX_INCLUDES = 16;
const USUAL_KEYS = ['id_ed25519', 'id_ecdsa', 'id_rsa'];

/** What a URL or another tool's configuration says of a host. */
export interface SshOptions {
  readonly user?: string;
  readonly port?: number;
  /** Path of a private key, before those of the files. */
  readonly key?: string;
}

/**
 * What the files of this user and of this machine say of a host.
 * @param host as a URL or ProxyJump names it: often an alias of the files
 * @throws VarveError `ssh-config-invalid`
 */
export function sshTarget(host: string, said: SshOptions): SshTarget {
  const read = settingsOf(host.replace(/^\[|\]$/g, ''), said.user);
  const first = (key: string): string | undefined => [read[key]].flat()[0];
  const hostName = withTokens(first('hostname') ?? host.replace(/^\[|\]$/g, ''), { h: host, n: host });
  const user = said.user ?? first('user') ?? localUser();
  const port = said.port ?? Number(first('port') ?? DEFAULT_PORT);
  const tokens = { h: hostName, n: host, p: String(port), r: user };
  const proxyCommand = first('proxycommand');
  if (proxyCommand !== undefined && proxyCommand.toLowerCase() !== 'none') throw proxyUnsupported(host);
  const name = first('hostkeyalias') ?? hostName;
  return {
    host: hostName,
    port,
    user,
    knownAs: port === DEFAULT_PORT || first('hostkeyalias') !== undefined ? name : `[${name}]:${port}`,
    knownHosts: [
      ...filesOf(read.userknownhostsfile ?? ['~/.ssh/known_hosts', '~/.ssh/known_hosts2'], tokens),
      ...filesOf(
        read.globalknownhostsfile ?? ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'],
        tokens,
      ),
    ],
    keys: [
      ...(said.key === undefined ? [] : [said.key]),
      ...filesOf(read.identityfile ?? USUAL_KEYS.map((key) => `~/.ssh/${key}`), tokens),
    ],
    agent: agentOf(first('identityagent')),
    onlyKeys: first('identitiesonly')?.toLowerCase() === 'yes',
    jumps: jumpsOf(first('proxyjump'), read.proxyjump),
  };
}

type Settings = Readonly<Record<string, string | readonly string[] | undefined>>;

function settingsOf(host: string, user: string | undefined): Settings {
  const files = [join(homedir(), '.ssh', 'config'), '/etc/ssh/ssh_config'];
  const text = files.map((file) => withIncludes(file, 0)).join('\n');
  try {
    return SshConfig.parse(text).compute(
      { Host: host, ...(user !== undefined && { User: user }) },
      { ignoreCase: true, matchExec: false },
    ) as Settings;
  } catch (error) {
    throw new VarveError('ssh-config-invalid', `~/.ssh/config cannot be read: ${(error as Error).message}`, {
      path: '~/.ssh/config',
      remedy: `Mend it: \`ssh -G ${host}\` says what OpenSSH makes of it.`,
    });
  }
}

/** The text of a file of settings, with those that it includes in their place. Files that are not there say nothing. */
function withIncludes(file: string, depth: number): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (isAbsent(error)) return '';
    throw systemError(error, 'read', file);
  }
  if (depth >= MAX_INCLUDES) return '';
  return text.replace(/^[ \t]*include[ \t=]+(.+)$/gim, (_, names: string) =>
    [...names.matchAll(/"([^"]+)"|(\S+)/g)]
      .flatMap(([, quoted, plain = '']) => matching(quoted ?? plain, file))
      .map((path) => withIncludes(path, depth + 1))
      .join('\n'),
  );
}

/** The files that an Include names; its pattern may stand in the last step. */
function matching(pattern: string, file: string): string[] {
  const inHome = withTokens(pattern, {});
  const folder = file.startsWith('/etc/') ? '/etc/ssh' : join(homedir(), '.ssh');
  const path = isAbsolute(inHome) ? inHome : join(folder, inHome);
  if (!/[*?[]/.test(basename(path))) return [path];
  const isMatch = picomatch(basename(path));
  try {
    return readdirSync(dirname(path))
      .filter((name) => isMatch(name))
      .sort()
      .map((name) => join(dirname(path), name));
  } catch {
    return [];
  }
}

function filesOf(names: string | readonly string[], tokens: Readonly<Record<string, string>>): string[] {
  return [names]
    .flat()
    .filter((name) => name.toLowerCase() !== 'none')
    .map((name) => withTokens(name, tokens));
}

/** Source: ssh_config(5), "TOKENS". */
function withTokens(text: string, tokens: Readonly<Record<string, string>>): string {
  const all: Readonly<Record<string, string>> = { d: homedir(), u: localUser(), '%': '%', ...tokens };
  return text
    .replace(/^~(?=\/|$)/, homedir())
    .replace(/%(.)/g, (whole, token: string) => all[token] ?? whole);
}

function agentOf(said: string | undefined): string | undefined {
  if (said?.toLowerCase() === 'none') return undefined;
  const usual = process.env.SSH_AUTH_SOCK || (process.platform === 'win32' ? WINDOWS_AGENT : undefined);
  if (said === undefined || said === 'SSH_AUTH_SOCK') return usual;
  return said.startsWith('$') ? process.env[said.replace(/^\$\{?|\}$/g, '')] : withTokens(said, {});
}

const WINDOWS_AGENT = '\\\\.\\pipe\\openssh-ssh-agent';

function jumpsOf(first: string | undefined, all: string | readonly string[] | undefined): string[] {
  if (first === undefined || first.toLowerCase() === 'none') return [];
  return [all!]
    .flat()
    .flatMap((text) => text.split(','))
    .map((text) => text.trim().replace(/^ssh:\/\//, ''));
}

function localUser(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env.USER ?? '';
  }
}

function proxyUnsupported(host: string): VarveError {
  return new VarveError(
    'ssh-config-invalid',
    `~/.ssh/config reaches ${host} by ProxyCommand, which varve does not run`,
    {
      path: '~/.ssh/config',
      remedy: 'Reach it by ProxyJump, which names the hosts on the way.',
    },
  );
}
