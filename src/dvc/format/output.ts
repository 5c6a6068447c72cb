/** The outputs that DVC's files state. Knows the text of `.dvc` files and `dvc.lock`; opens no file. */

import { posix } from 'node:path';
import { checkDataPath } from '../../base/files/data-path.ts';
import { type Meta, metaInOrder, problemOfMeta } from '../../workspace/meta.ts';
import type { Plain } from './block-yaml.ts';
import { unsupported } from './config.ts';
import { type HashName, isDirectory, type ObjectId, parseObjectId } from './object-id.ts';
import { resolveInside } from './paths.ts';
import { asCount, asList, asMap, asText, damagedPointer, readYaml } from './yaml-file.ts';

/** A dataset as a `.dvc` file or a stage in `dvc.lock` names it. Paths are POSIX, from the repository's top. */
export interface Output {
  readonly path: string;
  /** The `.dvc` or `dvc.lock` file. */
  readonly pointer: string;
  /** The stage of `dvc.yaml` that makes it: such outputs are read, never written. */
  readonly stage?: string;
  /** Absent while the stage has not run, or nothing was added. */
  readonly id?: ObjectId;
  readonly size?: number;
  readonly files?: number;
  readonly executable: boolean;
  /** False: the data lies in Git, only its MD5 is recorded. */
  readonly cached: boolean;
  /** False: DVC is told to keep it out of remotes. */
  readonly pushed: boolean;
  /** The remote that this output is bound to. */
  readonly remote?: string;
  /** `dvc import` (the data comes from another repository) or `dvc import-url`. */
  readonly imported?: 'repository' | 'url';
  readonly profile?: ProfileReference;
  /** What people say of the data: the texts of `meta`, and of `desc` as `description`. */
  readonly meta?: Meta;
}

/** The profile of the data with this MD5, as varve keeps it in the `meta` of an output. */
export interface ProfileReference {
  readonly digest: `sha256:${string}`;
  readonly rows?: number;
}

/** The flags of an output that stand in `dvc.yaml` and that `dvc.lock` does not repeat. */
export interface OutputFlags {
  readonly cached: boolean;
  readonly pushed: boolean;
  readonly remote?: string;
}

/** The outputs that the `.dvc` file at `pointer` names. */
export function readDvcFile(text: string, pointer: string): Output[] {
  const value = readYaml(text, pointer);
  if (value === undefined) return [];
  const map = asMap(value);
  if (map === undefined) throw damagedPointer(pointer, 'is not a mapping');
  const folder = posix.join(posix.dirname(pointer), asText(map.wdir) ?? '.');
  const imported = importKind(asList(map.deps));
  const common = {
    pointer,
    ...(map.cmd === undefined ? {} : { stage: pointer }),
    ...(imported && { imported }),
  };
  return asList(map.outs).map((item) => {
    const out = asMap(item);
    if (out === undefined) throw damagedPointer(pointer, 'has an output that is not a mapping');
    return readOutput(out, folder, common, readFlags(out));
  });
}

/** The outputs of every stage in the `dvc.lock` at `pointer`; `yaml` is the `dvc.yaml` beside it. */
export function readLock(text: string, pointer: string, yaml: string | undefined): Output[] {
  const map = asMap(readYaml(text, pointer));
  if (map === undefined) return [];
  if (asText(map.schema) !== '2.0') {
    throw unsupported(
      `the schema of ${pointer}`,
      'Run `dvc commit` with DVC 3 to write the file anew.',
      pointer,
    );
  }
  const definitions = readDefinitions(yaml, pointer);
  return Object.entries(asMap(map.stages) ?? {}).flatMap(([stage, value]) => {
    const definition = definitionOf(definitions, stage);
    const folder = stageFolder(pointer, stage, asText(definition.wdir));
    const flags = flagsByPath(definition);
    return asList(asMap(value)?.outs).map((item) => {
      const out = asMap(item) ?? {};
      return readOutput(out, folder, { pointer, stage }, flags(asText(out.path) ?? ''));
    });
  });
}

function readOutput(
  out: { readonly [key: string]: Plain },
  folder: string,
  common: { pointer: string; stage?: string; imported?: 'repository' | 'url' },
  flags: OutputFlags,
): Output {
  const { pointer } = common;
  const named = asText(out.path);
  if (named === undefined || named === '') throw damagedPointer(pointer, 'has an output without a path');
  const path = resolveInside(folder, named);
  if (path === undefined)
    throw unsupported(
      `the output ${named}, which lies outside the repository,`,
      'Move the data into the repository and add it there.',
      pointer,
    );
  checkDataPath(path, pointer);
  for (const key of ['files', 'cloud', 'etag', 'version_id']) {
    if (out[key] !== undefined)
      throw unsupported(`cloud versioning, which ${pointer} uses,`, 'Use DVC for this repository.', pointer);
  }
  const id = readId(out, pointer);
  const size = asCount(out.size);
  const files = asCount(out.nfiles);
  const profile = id && readProfile(asMap(asMap(out.meta)?.varve), id);
  const meta = readMeta(out);
  return {
    ...common,
    ...flags,
    path,
    executable: asText(out.isexec) === 'true' && !(id && isDirectory(id)),
    ...(id && { id }),
    ...(size !== undefined && { size }),
    ...(files !== undefined && { files }),
    ...(profile && { profile }),
    ...(meta && { meta }),
  };
}

function readId(out: { readonly [key: string]: Plain }, pointer: string): ObjectId | undefined {
  if (out.md5 === undefined || out.md5 === '' || out.md5 === 'null') return undefined;
  const named = asText(out.hash);
  if (named !== undefined && named !== 'md5')
    throw unsupported(
      `the hash ${named}, which ${pointer} uses,`,
      'Add the data again with `dvc add`, which uses MD5.',
      pointer,
    );
  const hash: HashName = named === undefined ? 'md5-dos2unix' : 'md5';
  return parseObjectId(asText(out.md5), hash, pointer);
}

/** DVC keeps `meta` when data changes, so the reference says which MD5 it is of; one of other data is no reference. */
function readProfile(
  varve: { readonly [key: string]: Plain } | undefined,
  id: ObjectId,
): ProfileReference | undefined {
  const digest = asText(varve?.profile);
  if (digest === undefined || !/^[0-9a-f]{64}$/.test(digest) || asText(varve?.md5) !== id.value)
    return undefined;
  const rows = asCount(varve?.rows);
  return { digest: `sha256:${digest}`, ...(rows !== undefined && { rows }) };
}

/** What DVC leaves to people may be anything: what varve has no place for is passed over. */
function readMeta(out: { readonly [key: string]: Plain }): Meta | undefined {
  const { varve: _, ...own } = asMap(out.meta) ?? {};
  const said = Object.entries({ description: out.desc ?? '', ...own }).flatMap(([key, value]) => {
    const text = asText(value)?.replaceAll(/\s+/g, ' ').trim() ?? '';
    return problemOfMeta({ [key]: text }) === undefined ? [[key, text] as const] : [];
  });
  const meta = metaInOrder(said);
  return meta && problemOfMeta(meta) === undefined ? meta : undefined;
}

function importKind(deps: readonly Plain[]): 'repository' | 'url' | undefined {
  if (deps.length === 0) return undefined;
  return deps.some((dep) => asMap(dep)?.repo !== undefined) ? 'repository' : 'url';
}

function readFlags(value: { readonly [key: string]: Plain }): OutputFlags {
  const remote = asText(value.remote);
  return {
    cached: value.cache !== 'false',
    pushed: value.push !== 'false',
    ...(remote && { remote: remote.toLowerCase() }),
  };
}

type Definition = { readonly [key: string]: Plain };

function readDefinitions(yaml: string | undefined, pointer: string): Definition {
  if (yaml === undefined) return {};
  const path = posix.join(posix.dirname(pointer), 'dvc.yaml');
  return asMap(asMap(readYaml(yaml, path))?.stages) ?? {};
}

/** `name@key` is one of the stages that `foreach` or `matrix` makes of `name`. */
function definitionOf(definitions: Definition, stage: string): Definition {
  const definition = asMap(definitions[stage] ?? definitions[stage.replace(/@.*$/s, '')]) ?? {};
  return asMap(definition.do) ?? definition;
}

function stageFolder(pointer: string, stage: string, wdir: string | undefined): string {
  if (wdir?.includes('${')) {
    throw unsupported(
      `the templated \`wdir\` of the stage ${stage}`,
      'Write the folder out in dvc.yaml.',
      pointer,
    );
  }
  return posix.join(posix.dirname(pointer), wdir ?? '.');
}

/** Paths in `dvc.yaml` may hold `${…}`, which stands for any text. */
function flagsByPath(definition: Definition): (path: string) => OutputFlags {
  const rules = ['outs', 'metrics', 'plots'].flatMap((kind) => asList(definition[kind]).flatMap(flagRules));
  return (path) => rules.find(({ matches }) => matches(path))?.flags ?? { cached: true, pushed: true };
}

function flagRules(item: Plain): { matches: (path: string) => boolean; flags: OutputFlags }[] {
  return Object.entries(asMap(item) ?? {}).map(([template, flags]) => {
    const parts = template.split(/\$\{[^}]*\}/);
    return {
      flags: readFlags(asMap(flags) ?? {}),
      matches: (path) =>
        parts.length === 1 ? posix.normalize(path) === posix.normalize(template) : follows(path, parts),
    };
  });
}

/** Tell whether `path` is the parts in order with any text between them. */
function follows(path: string, parts: readonly string[]): boolean {
  const first = parts[0]!;
  const last = parts.at(-1)!;
  if (!path.startsWith(first) || !path.endsWith(last) || path.length < first.length + last.length)
    return false;
  let position = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = path.indexOf(part, position);
    if (found < 0) return false;
    position = found + part.length;
  }
  return position <= path.length - last.length;
}
