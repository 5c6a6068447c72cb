import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { isAbsent, systemError } from '../../base/files/system-errors.ts';
import { readTrackedIfThere } from '../../base/files/tracked-file.ts';
import { VarveError } from '../../errors.ts';
import { type ConfigSections, parseConfigFile } from './config-file.ts';

/** The ways in which files in the workspace come from the cache, in order of preference. */
export type LinkType = 'reflink' | 'hardlink' | 'symlink' | 'copy';

export interface DvcConfig {
  /** Absolute path of the cache. */
  readonly cacheDir: string;
  readonly linkTypes: readonly LinkType[];
  /** The cache is shared by a group: files and folders of it are writable for the group. */
  readonly shared: boolean;
  readonly autostage: boolean;
  readonly defaultRemote: string | undefined;
  readonly remotes: ReadonlyMap<string, RemoteSettings>;
  /**
   * The file that says a setting, relative to `root`, of settings that the repository's own files say: all else is of this machine. By
   * the steps to the setting: `cache.dir`, `remotes.origin.url`.
   */
  readonly files: ReadonlyMap<string, string>;
}

/** The settings of one remote by DVC's names; `url` is absolute. */
export type RemoteSettings = ReadonlyMap<string, string>;

const REMOTE_SECTION = /^\s*remote\s*"(.*)"\s*$/;
/** Settings that hold paths, which are relative to the file that they stand in. */
const PATHS = new Set(['url', 'credentialpath', 'keyfile', 'configpath', 'dir']);
const LINK_TYPES: readonly LinkType[] = ['reflink', 'hardlink', 'symlink', 'copy'];

/**
 * Read DVC's configuration for the repository at `root`: the files of the system, of the user, `.dvc/config` and
 * `.dvc/config.local`, the later ones winning.
 * @param root absolute folder that holds `.dvc`
 * @throws VarveError `config-invalid`
 */
export function loadConfig(root: string): DvcConfig {
  const merged = new Map<string, Map<string, string | readonly string[]>>();
  const dvc = join(root, '.dvc');
  for (const folder of [systemFolder(), userFolder()])
    merge(merged, loadFile(join(folder, 'config')), folder);
  const files = new Map<string, string>();
  for (const name of ['config', 'config.local']) {
    const where = `.dvc/${name}`;
    const sections = parseConfigFile(readTrackedIfThere(root, where) ?? '', join(root, where));
    merge(merged, sections, dvc);
    for (const setting of settingsIn(sections)) files.set(setting, where);
  }
  return { ...interpret(merged, dvc), files };
}

/** The steps to each setting that a file has. */
function* settingsIn(sections: ConfigSections): Generator<string> {
  for (const [name, values] of sections) {
    const remote = REMOTE_SECTION.exec(name)?.[1];
    for (const key of values.keys()) yield `${remote === undefined ? name : `remotes.${remote}`}.${key}`;
  }
}

function loadFile(path: string): ConfigSections {
  try {
    return parseConfigFile(readFileSync(path, 'utf8'), path);
  } catch (error) {
    if (isAbsent(error)) return new Map();
    throw systemError(error, 'read', path, 'store');
  }
}

function merge(
  into: Map<string, Map<string, string | readonly string[]>>,
  from: ConfigSections,
  folder: string,
): void {
  for (const [name, values] of from) {
    const target = into.get(name) ?? new Map<string, string | readonly string[]>();
    into.set(name, target);
    for (const [key, value] of values) {
      const isPath =
        PATHS.has(key) && typeof value === 'string' && (name === 'cache' || REMOTE_SECTION.test(name));
      target.set(key, isPath ? resolvePath(folder, value) : value);
    }
  }
}

/** Resolve a path as DVC does: URLs stay, `~` is the home folder, the rest is relative to the configuration file. */
function resolvePath(folder: string, path: string): string {
  if (/^\w+:\/\//.test(path) || isAbsolute(path)) return path;
  if (path === '~' || path.startsWith('~/')) return join(homedir(), path.slice(1));
  return resolve(folder, path);
}

function interpret(sections: ConfigSections, dvc: string): Omit<DvcConfig, 'files'> {
  const cache = sections.get('cache');
  const core = sections.get('core');
  const remotes = new Map<string, RemoteSettings>();
  for (const [name, values] of sections) {
    const remote = REMOTE_SECTION.exec(name)?.[1];
    if (remote === undefined) continue;
    remotes.set(remote, new Map([...values].map(([key, value]) => [key, single(value)])));
  }
  const local = text(cache, 'local');
  if (local !== undefined)
    throw unsupported('`cache.local` (a cache named by a remote)', 'Set `cache.dir` instead.');
  return {
    cacheDir: text(cache, 'dir') ?? join(dvc, 'cache'),
    linkTypes: linkTypes(cache?.get('type')),
    shared: text(cache, 'shared')?.toLowerCase() === 'group',
    autostage: isTrue(text(core, 'autostage')),
    defaultRemote: text(core, 'remote')?.toLowerCase(),
    remotes,
  };
}

function linkTypes(value: string | readonly string[] | undefined): readonly LinkType[] {
  if (value === undefined) return ['reflink', 'copy'];
  const names = (typeof value === 'string' ? value.split(',') : value).map((name) =>
    name.trim().toLowerCase(),
  );
  const types = names.filter((name) => name !== '');
  const unknown = types.find((name) => !LINK_TYPES.includes(name as LinkType));
  if (unknown === undefined && types.length > 0) return types as LinkType[];
  throw new VarveError(
    'config-invalid',
    `cache.type of DVC's configuration names ${JSON.stringify(unknown ?? '')}`,
    {
      remedy: `Use a list of ${LINK_TYPES.join(', ')}, as in \`dvc config cache.type reflink,copy\`.`,
    },
  );
}

function text(
  values: ReadonlyMap<string, string | readonly string[]> | undefined,
  key: string,
): string | undefined {
  const value = values?.get(key);
  return value === undefined || value === '' ? undefined : single(value);
}

function single(value: string | readonly string[]): string {
  return typeof value === 'string' ? value : value.join(',');
}

export function isTrue(value: string | undefined): boolean {
  return value !== undefined && ['true', '1', 'yes', 'on'].includes(value.toLowerCase());
}

function userFolder(): string {
  const named = process.env.DVC_GLOBAL_CONFIG_DIR;
  if (named !== undefined && named !== '') return named;
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'dvc');
  if (process.platform === 'win32') {
    return join(process.env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'iterative', 'dvc');
  }
  return join(process.env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'dvc');
}

function systemFolder(): string {
  const named = process.env.DVC_SYSTEM_CONFIG_DIR;
  if (named !== undefined && named !== '') return named;
  if (process.platform === 'darwin') return '/Library/Application Support/dvc';
  if (process.platform === 'win32')
    return join(process.env.ProgramData ?? 'C:\\ProgramData', 'iterative', 'dvc');
  return join(process.env.XDG_CONFIG_DIRS?.split(':')[0] || '/etc/xdg', 'dvc');
}

/** The one error for what DVC can do and varve does not. */
export function unsupported(what: string, remedy: string, path?: string): VarveError {
  return new VarveError('dvc-unsupported', `varve does not support ${what} in a DVC repository`, {
    remedy,
    ...(path === undefined ? {} : { path }),
  });
}
