import { existsSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { type Document, isMap, LineCounter, visit } from 'yaml';
import { writeAtomically } from '../base/files/atomic-write.ts';
import { readTrackedIfThere } from '../base/files/tracked-file.ts';
import { parseYaml } from '../base/yaml.ts';
import { VarveError } from '../errors.ts';
import { mainWorktree } from './git/common-folder.ts';
import type { Repository } from './repository.ts';

/** The server of a bucket and the identity it is asked by. The options are those of remote/open.ts. */
export interface Access {
  readonly endpoint?: string;
  readonly region?: string;
  readonly profile?: string;
  readonly anonymous?: boolean;
  readonly addressing?: 'path' | 'virtual';
  readonly requesterPays?: boolean;
}

/** A remote that snapshots are pushed to. */
export interface RemoteConfig extends Access {
  readonly url: string;
  readonly acl?: string;
  readonly sse?: string;
  readonly kmsKey?: string;
}

/** A table on a remote that pushes keep up. */
export interface FollowedTable {
  readonly format: 'delta' | 'iceberg';
  /** Path of the dataset, or of a folder within it, from the root. */
  readonly dataset: string;
  /** Name of the remote that it lies on. */
  readonly remote: string;
}

/** Both configuration files as one: what config.local.yaml says wins, remote by remote and key by key. */
export interface Config {
  readonly defaultRemote?: string;
  readonly remotes: ReadonlyMap<string, RemoteConfig>;
  /**
   * How data in place is reached, by the URL of its source or of a folder above. From config.local.yaml alone: it differs by
   * machine.
   */
  readonly sources: ReadonlyMap<string, Access>;
  /** Tables that pushes keep up, by their folders on the remote. */
  readonly tables: ReadonlyMap<string, FollowedTable>;
  /** Folder of the cache, relative to the root or absolute; in Git's common folder if it is not set. */
  readonly cache?: string;
  /**
   * What the cache keeps: all that a pointer names, or only what no remote has. `unpushed` counts for a remote once this machine agreed to
   * that: see keepRequest.
   */
  readonly cacheKeep?: 'all' | 'unpushed';
  /** How a checkout puts data in place: hard links share the cache's bytes, so programs must not write into them. */
  readonly checkout?: 'copy' | 'link';
  /** Time in ms after which a clone that a remote has not seen holds nothing there; Infinity for never. */
  readonly cloneExpiryMs?: number;
  /** Whether the group of a folder may write to the cache, where its place is set, and to remotes that are folders. */
  readonly shared?: 'group';
  /** Where events of OpenLineage go, once this machine agreed to that: `https://…` or `http://…`. */
  readonly openlineage?: string;
  /** The file that a setting stands in, relative to the repository, by the steps to the setting: `cache`, `remotes.origin.url`. */
  readonly files: ReadonlyMap<string, string>;
}

export type ConfigFile = 'config.yaml' | 'config.local.yaml';

const LOCAL: ConfigFile = 'config.local.yaml';
/** Paths from the root of the repository. */
export const SHARED_CONFIG = '.varve/config.yaml';
export const LOCAL_CONFIG = `.varve/${LOCAL}`;
/** Settings of a later file win. */
const FILES: readonly ConfigFile[] = ['config.yaml', LOCAL];
const VERSION = 1;
const DAY_MS = 86_400_000;
/** As Git keeps reflogs. */
export const DEFAULT_CLONE_EXPIRY_MS = 90 * DAY_MS;
const ACCESS_KEYS = ['endpoint', 'region', 'profile', 'addressing', 'anonymous', 'requesterPays'] as const;
const REMOTE_KEYS = ['url', ...ACCESS_KEYS, 'acl', 'sse', 'kmsKey'] as const;
/** Keys whose values are true or false; all others are text. */
const FLAGS: readonly string[] = ['anonymous', 'requesterPays'];
const REMOTE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** @throws VarveError `config-damaged`, `config-too-new` */
export function readConfig(repository: Repository): Config {
  const remotes = new Map<string, Partial<RemoteConfig>>();
  let sources: Config['sources'] = new Map();
  const tables = new Map<string, FollowedTable>();
  let config: Settings = {};
  const files = new Map<string, string>();
  for (const file of FILES) {
    const { where, document, root } = load(repository, file);
    const checked = checkContent(document, where);
    const content = root === repository.root ? checked : withAbsolutePaths(checked, root);
    sources = content.sources;
    for (const steps of settingsIn(content)) files.set(steps, where);
    for (const [name, remote] of content.remotes) remotes.set(name, { ...remotes.get(name), ...remote });
    for (const [path, table] of content.tables) tables.set(path, table);
    config = { ...config, ...content.settings };
  }
  return {
    ...config,
    remotes: new Map([...remotes].map(([name, remote]) => [name, whole(name, remote)])),
    sources,
    tables,
    files,
  };
}

/** How this machine reaches a source: as the entry for it says, or for the nearest folder above it. */
export function accessTo(config: Config, url: string): Access {
  const entry = entryFor(config, url);
  return entry === undefined ? {} : config.sources.get(entry)!;
}

/** The URL of the entry in `sources` that counts for a source. */
export function entryFor({ sources }: Pick<Config, 'sources'>, url: string): string | undefined {
  const covering = [...sources.keys()].filter((key) => url === key || url.startsWith(`${key}/`));
  return covering.sort((a, b) => b.length - a.length)[0];
}

/** Set how this machine reaches the sources at `url` and below. */
export function setSource(repository: Repository, url: string, access: Access): void {
  change(repository, LOCAL, (document) => {
    setAll(document, ['sources', url], access);
  });
}

/** Set that pushes keep up a table. */
export function setFollowedTable(repository: Repository, path: string, table: FollowedTable): void {
  change(repository, 'config.yaml', (document) => {
    setAll(document, ['tables', path], table);
  });
}

/** Set keys of a remote; comments, order and keys that varve does not know stay as they are. */
export function setRemote(
  repository: Repository,
  file: ConfigFile,
  name: string,
  remote: Partial<RemoteConfig>,
): void {
  checkRemoteName(name);
  change(repository, file, (document) => {
    setAll(document, ['remotes', name], remote);
  });
}

/** Set values in a mapping further in. Mappings on the way that are written, but empty, are made. */
function setAll(document: Document, path: readonly string[], values: object): void {
  for (const [depth] of path.entries()) {
    const way = path.slice(0, depth + 1);
    if (document.getIn(way) === null) document.deleteIn(way);
  }
  for (const [key, value] of Object.entries(values)) document.setIn([...path, key], value);
}

/** Remove a remote from both files, and from the default if it was that. */
export function removeRemote(repository: Repository, name: string): void {
  for (const file of FILES) {
    change(repository, file, (document) => {
      if (document.hasIn(['remotes', name])) document.deleteIn(['remotes', name]);
      // An empty mapping would stay in flow style, and what is added later with it.
      const rest = document.get('remotes');
      if (isMap(rest) && rest.items.length === 0) document.delete('remotes');
      if (document.get('default') === name) document.delete('default');
    });
  }
}

export function setDefaultRemote(repository: Repository, file: ConfigFile, name: string): void {
  change(repository, file, (document) => document.set('default', name));
}

/** The text of config.yaml in a new repository. */
export function initialConfig(): string {
  return `# Settings of varve that every clone shares. What differs by machine belongs in config.local.yaml.\nversion: ${VERSION}\n`;
}

function checkRemoteName(name: string): void {
  if (REMOTE_NAME.test(name)) return;
  throw new VarveError('remote-name-invalid', `${JSON.stringify(name)} cannot be the name of a remote`, {
    path: name,
    remedy: 'Use letters, digits, dots, dashes and underscores, such as `origin`.',
  });
}

interface LoadedFile {
  readonly where: string;
  readonly path: string;
  readonly document: Document;
  /** The working tree that the file lies in, which its relative paths start from. */
  readonly root: string;
}

function load(repository: Repository, file: ConfigFile): LoadedFile {
  const where = `.varve/${file}`;
  const root = file === LOCAL ? rootOfLocal(repository.root) : repository.root;
  const path = join(root, where);
  // Aliases could blow a small file up to gigabytes, so none are expanded.
  const text = readTrackedIfThere(root, where) ?? '';
  const lineCounter = new LineCounter();
  const { document, fault } = parseYaml(text, { lineCounter });
  if (fault !== undefined)
    throw damaged(where, `line ${lineCounter.linePos(fault.offset).line}: ${fault.message}`);
  // No setting needs one, and not every anchor that can be read can be written again.
  visit(document, {
    Value: (_, node) => {
      if (node.anchor !== undefined)
        throw damaged(where, 'it has an anchor, and settings are written without');
    },
  });
  return { where, path, document, root };
}

/** A linked worktree has the settings of this machine from the main one, unless it has some of its own. */
function rootOfLocal(root: string): string {
  if (existsSync(join(root, LOCAL_CONFIG))) return root;
  return mainWorktree(root) ?? root;
}

/** Settings of another working tree, such that they mean the same here. */
function withAbsolutePaths({ settings, remotes, sources, tables }: Content, root: string): Content {
  const { cache } = settings;
  return {
    settings: { ...settings, ...(cache !== undefined && { cache: resolve(root, cache) }) },
    remotes: new Map(
      [...remotes].map(([name, remote]) => [name, { ...remote, ...absoluteUrl(remote.url, root) }]),
    ),
    sources,
    tables,
  };
}

function absoluteUrl(url: string | undefined, root: string): Pick<Partial<RemoteConfig>, 'url'> {
  if (url === undefined) return {};
  return { url: url.includes('://') || isAbsolute(url) ? url : resolve(root, url) };
}

function change(repository: Repository, file: ConfigFile, edit: (document: Document) => void): void {
  const { where, path, document } = load(repository, file);
  checkContent(document, where);
  const before = document.toString();
  // A file of nothing but comments, or of `null`, which cannot be set in.
  if (document.toJS() === null) document.contents = document.createNode({ version: VERSION });
  edit(document);
  checkContent(document, where);
  const after = document.toString();
  const removesNothingThere = !existsSync(path) && Object.keys(document.toJS() as object).length <= 1;
  if (after !== before && !removesNothingThere) writeAtomically(path, [Buffer.from(after)]);
}

type Settings = Omit<Config, 'remotes' | 'sources' | 'tables' | 'files'>;

interface Content {
  readonly settings: Settings;
  readonly remotes: ReadonlyMap<string, Partial<RemoteConfig>>;
  readonly sources: ReadonlyMap<string, Access>;
  readonly tables: ReadonlyMap<string, FollowedTable>;
}

/** The steps to each setting that a file has. */
function* settingsIn({ settings, remotes, sources }: Content): Generator<string> {
  yield* Object.keys(settings);
  for (const [group, entries] of Object.entries({ remotes, sources })) {
    for (const [name, entry] of entries)
      for (const key of Object.keys(entry)) yield `${group}.${name}.${key}`;
  }
}

function checkContent(document: Document, where: string): Content {
  const root = asMap(toPlain(document, where), where, 'the file');
  checkVersion(root.version, where);
  const { cache, cacheKeep } = cacheSettings(root.cache, where);
  const checkout = optionalText(root.checkout, where, 'checkout');
  if (checkout !== undefined && checkout !== 'copy' && checkout !== 'link') {
    throw damaged(where, '`checkout` is neither copy nor link');
  }
  const cloneExpiryMs = optionalExpiry(root.cloneExpiry, where);
  const shared = optionalText(root.shared, where, 'shared');
  if (shared !== undefined && shared !== 'group') throw damaged(where, '`shared` can only be group');
  const defaultRemote = optionalText(root.default, where, 'default');
  const openlineage = optionalText(root.openlineage, where, 'openlineage');
  if (openlineage !== undefined && !/^https?:\/\/[^/]/i.test(openlineage))
    throw damaged(where, '`openlineage` is no address that starts with https:// or http://');
  const remotes = Object.entries(asMap(root.remotes, where, 'remotes')).map(
    ([name, value]) => [name, place<RemoteConfig>(REMOTE_KEYS, value, where, `remotes.${name}`)] as const,
  );
  if (root.sources !== undefined && where !== `.varve/${LOCAL}`) throw sharedSources(where);
  const sources = Object.entries(asMap(root.sources, where, 'sources')).map(
    ([url, value]) =>
      [url.replace(/\/+$/, ''), place<Access>(ACCESS_KEYS, value, where, `sources.${url}`)] as const,
  );
  return {
    settings: {
      ...(cache === undefined ? {} : { cache }),
      ...(cacheKeep === undefined ? {} : { cacheKeep }),
      ...(checkout === undefined ? {} : { checkout }),
      ...(cloneExpiryMs === undefined ? {} : { cloneExpiryMs }),
      ...(shared === undefined ? {} : { shared }),
      ...(openlineage === undefined ? {} : { openlineage }),
      ...(defaultRemote === undefined ? {} : { defaultRemote }),
    },
    remotes: new Map(remotes),
    sources: new Map(sources),
    tables: new Map(
      Object.entries(asMap(root.tables, where, 'tables')).map(
        ([path, value]) => [path, followedTable(value, where, `tables.${path}`)] as const,
      ),
    ),
  };
}

function followedTable(value: unknown, where: string, name: string): FollowedTable {
  const map = asMap(value, where, name);
  const text = (key: string): string => {
    const said = optionalText(map[key], where, `${name}.${key}`);
    if (said === undefined) throw damaged(where, `\`${name}\` has no ${key}`);
    return said;
  };
  const format = text('format');
  if (format !== 'delta' && format !== 'iceberg')
    throw damaged(where, `\`${name}.format\` is neither delta nor iceberg`);
  return { format, dataset: text('dataset'), remote: text('remote') };
}

function toPlain(document: Document, where: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch (error) {
    throw damaged(where, error instanceof Error ? error.message : String(error));
  }
}

function checkVersion(version: unknown, where: string): void {
  if (version === undefined || version === VERSION) return;
  if (typeof version !== 'number') throw damaged(where, '`version` is not a number');
  throw new VarveError('config-too-new', `${where} was written by a newer varve (version ${version})`, {
    path: where,
    remedy: `Upgrade varve on this machine: this one reads version ${VERSION}.`,
  });
}

/** Read the wanted keys of a place, each of which has a value of its kind if it is there. */
function place<Place extends Access>(
  keys: readonly (keyof Place & string)[],
  value: unknown,
  where: string,
  name: string,
): Partial<Place> {
  const map = asMap(value, where, name);
  const found: Record<string, string | boolean> = {};
  for (const key of keys) {
    const read = FLAGS.includes(key) ? optionalFlag : optionalText;
    const setting = read(map[key], where, `${name}.${key}`);
    if (setting !== undefined) found[key] = setting;
  }
  if (found.addressing !== undefined && found.addressing !== 'path' && found.addressing !== 'virtual')
    throw damaged(where, `\`${name}.addressing\` is neither path nor virtual`);
  return found as Partial<Place>;
}

function optionalFlag(value: unknown, where: string, name: string): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'boolean') return value;
  throw damaged(where, `\`${name}\` is neither true nor false`);
}

/** Read what is said of the cache: its place alone, as text, or a map of its settings. */
function cacheSettings(value: unknown, where: string): Pick<Config, 'cache' | 'cacheKeep'> {
  if (typeof value !== 'object' || value === null) {
    const cache = optionalText(value, where, 'cache');
    return cache === undefined ? {} : { cache };
  }
  const map = asMap(value, where, 'cache');
  const cache = optionalText(map.path, where, 'cache.path');
  const cacheKeep = optionalText(map.keep, where, 'cache.keep');
  if (cacheKeep !== undefined && cacheKeep !== 'all' && cacheKeep !== 'unpushed')
    throw damaged(where, '`cache.keep` is neither all nor unpushed');
  return { ...(cache !== undefined && { cache }), ...(cacheKeep !== undefined && { cacheKeep }) };
}

/** What others commit may only keep longer what clones pushed: a shorter time is said by whoever runs the gc. */
function optionalExpiry(value: unknown, where: string): number | undefined {
  const text = optionalText(value, where, 'cloneExpiry');
  if (text === undefined) return undefined;
  const ms = text === 'never' ? Number.POSITIVE_INFINITY : Number(/^(\d{1,5})d$/.exec(text)?.[1]) * DAY_MS;
  if (ms >= DEFAULT_CLONE_EXPIRY_MS) return ms;
  throw damaged(
    where,
    '`cloneExpiry` is neither `never` nor days from 90 on, such as `180d` (fewer are an option of `varve gc`)',
  );
}

function sharedSources(where: string): VarveError {
  return new VarveError(
    'config-damaged',
    `${where} says how sources are reached, which only this machine may say`,
    {
      path: where,
      remedy: `Move \`sources\` to .varve/${LOCAL}, which is not in Git: what others commit must not choose whom credentials are shown to.`,
    },
  );
}

function whole(name: string, remote: Partial<RemoteConfig>): RemoteConfig {
  if (remote.url === undefined) throw damaged('.varve/config.yaml', `remote ${name} has no url`);
  return { ...remote, url: remote.url };
}

function asMap(value: unknown, where: string, name: string): Record<string, unknown> {
  if (value === undefined || value === null) return {};
  if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  throw damaged(where, `${name} is not a map of keys and values`);
}

function optionalText(value: unknown, where: string, name: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && value !== '') return value;
  throw damaged(where, `\`${name}\` is not text`);
}

function damaged(where: string, what: string): VarveError {
  return new VarveError('config-damaged', `${where} cannot be read: ${what}`, {
    path: where,
    remedy: 'Mend the file by hand, or restore it from Git.',
  });
}
