import { isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml';
import type { ObjectId } from './object-id.ts';
import type { ProfileReference } from './output.ts';
import { damagedPointer, parseDvcYaml } from './yaml-file.ts';
import { yamlScalar } from './yaml-scalar.ts';

/** The fields that `dvc add` records of an output. */
export interface DvcFileEntry {
  readonly id: ObjectId;
  readonly size: number;
  /** Of a directory. */
  readonly files?: number;
  readonly executable: boolean;
  /** What people say of the data, as DVC leaves it to them. */
  readonly meta?: Readonly<Record<string, string>>;
}

/** The `.dvc` file that `dvc add` writes for new data, to the byte. */
export function newPointer(name: string, recorded: DvcFileEntry): string {
  const lines = facts(recorded).map(([key, value]) => `  ${key}: ${value}\n`);
  const said = Object.entries(recorded.meta ?? {}).map(
    ([key, value]) => `    ${key}: ${JSON.stringify(value)}\n`,
  );
  const meta = said.length === 0 ? '' : `  meta:\n${said.join('')}`;
  return `outs:\n- ${lines.join('').slice(2)}  path:${yamlScalar(name, '  path: '.length)}\n${meta}`;
}

/**
 * The text of a `.dvc` file with what is recorded of its only output replaced. Everything else stays as it is, to the
 * byte; what is new goes to the end of the output, as DVC does it.
 */
export function updatePointer(text: string, pointer: string, recorded: DvcFileEntry): string {
  const wanted = new Map(facts(recorded));
  let edited = text;
  for (const key of ['md5', 'size', 'nfiles', 'isexec', 'hash']) {
    edited = setFact(edited, pointer, key, wanted.get(key));
  }
  return edited;
}

/** The text with another name for the data of the only output. */
export function withPath(text: string, pointer: string, name: string): string {
  const pair = pairOf(onlyOutput(text, pointer), 'path');
  const node = pair?.value as Node | null | undefined;
  if (!isScalar(node)) throw damagedPointer(pointer, 'has no plain value for path');
  const key = (pair!.key as Node).range!;
  const column = columnOf(text, pair!) + 'path:'.length;
  return `${text.slice(0, key[1])}:${yamlScalar(name, column + 1)}${text.slice(node.range![1])}`;
}

/** The text with `meta: {varve: …}` set to the profile of the output's data; other keys of `meta` stay. */
export function withProfile(text: string, pointer: string, id: ObjectId, profile: ProfileReference): string {
  const bare = withoutProfile(text, pointer);
  const out = onlyOutput(bare, pointer);
  const meta = pairOf(out, 'meta');
  const fact = (indent: string) =>
    // Without `sha256:`, so that the line is short enough for DVC's YAML writer to leave it alone.
    [`md5: ${quoteDigits(id.value)}`, `profile: ${quoteDigits(profile.digest.slice('sha256:'.length))}`]
      .concat(profile.rows === undefined ? [] : [`rows: ${profile.rows}`])
      .map((line) => `${indent}${line}\n`)
      .join('');
  if (meta === undefined) {
    const indent = ' '.repeat(columnOf(bare, out.items[0]!));
    return appendLines(bare, out, `${indent}meta:\n${indent}  varve:\n${fact(`${indent}    `)}`);
  }
  // Somebody's own `meta` that is no block of keys is theirs: the profile is then found by nobody, and made again.
  if (!isMap(meta.value) || meta.value.flow || meta.value.items.length === 0) return bare;
  const indent = ' '.repeat(columnOf(bare, meta.value.items[0]!));
  return appendLines(bare, meta.value, `${indent}varve:\n${fact(`${indent}  `)}`);
}

/** The text without what `withProfile` put there. */
export function withoutProfile(text: string, pointer: string): string {
  const out = onlyOutput(text, pointer);
  const meta = pairOf(out, 'meta');
  if (meta === undefined || !isMap(meta.value)) return text;
  const own = pairOf(meta.value, 'varve');
  if (own === undefined) return text;
  return removeLines(text, meta.value.items.length === 1 ? meta : own);
}

function facts({ id, size, files, executable }: DvcFileEntry): [key: string, value: string][] {
  return [
    ['md5', quoteDigits(id.value)],
    ['size', String(size)],
    ...(files === undefined ? [] : [['nfiles', String(files)] as [string, string]]),
    ...(executable ? [['isexec', 'true'] as [string, string]] : []),
    ...(id.hash === 'md5' ? [['hash', 'md5'] as [string, string]] : []),
  ];
}

/** An MD5 may look like a number, and DVC quotes it then. */
function quoteDigits(value: string): string {
  return yamlScalar(value, 0).trim();
}

function setFact(text: string, pointer: string, key: string, value: string | undefined): string {
  const out = onlyOutput(text, pointer);
  const pair = pairOf(out, key);
  if (pair === undefined) {
    if (value === undefined) return text;
    return appendLines(text, out, `${' '.repeat(columnOf(text, out.items[0]!))}${key}: ${value}\n`);
  }
  if (value === undefined) return removeLines(text, pair);
  const node = pair.value as Node | null;
  if (!isScalar(node)) throw damagedPointer(pointer, `has no plain value for ${key}`);
  if (node.value === value.replace(/^'|'$/g, '')) return text;
  return text.slice(0, node.range![0]) + value + text.slice(node.range![1]);
}

/** The one output of a `.dvc` file that `dvc add` or `varve add` may rewrite. */
function onlyOutput(text: string, pointer: string): YAMLMap {
  const { contents } = parseDvcYaml(text, pointer);
  const outs = isMap(contents) ? contents.get('outs') : undefined;
  const out = isSeq(outs) && outs.items.length === 1 ? outs.items[0] : undefined;
  if (isMap(out) && !out.flow && out.items.length > 0) return out;
  throw damagedPointer(pointer, 'does not hold exactly one output, written as lines of keys and values');
}

function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((item) => isScalar(item.key) && item.key.value === key);
}

function columnOf(text: string, pair: Pair): number {
  const start = (pair.key as Node).range![0];
  return start - (text.lastIndexOf('\n', start - 1) + 1);
}

function appendLines(text: string, map: YAMLMap, lines: string): string {
  const last = map.items.at(-1)!;
  const end = endOfLine(text, contentEnd(last));
  return end === text.length && !text.endsWith('\n')
    ? `${text}\n${lines}`
    : text.slice(0, end) + lines + text.slice(end);
}

/** Remove a pair with its lines; the first of a list item leaves the dash to the next. */
function removeLines(text: string, pair: Pair): string {
  const start = (pair.key as Node).range![0];
  const line = text.lastIndexOf('\n', start - 1) + 1;
  const end = endOfLine(text, contentEnd(pair));
  if (text.slice(line, start).trim() === '') return text.slice(0, line) + text.slice(end);
  const next = /^[ \t]*/.exec(text.slice(end))![0].length;
  return text.slice(0, start) + text.slice(end + next);
}

/** Behind the last character of a pair's value, without the comments and blank lines that follow. */
function contentEnd(pair: Pair): number {
  const value = pair.value as Node | null;
  if (value === null || value === undefined) return (pair.key as Node).range![1];
  if (isMap(value) && !value.flow && value.items.length > 0) return contentEnd(value.items.at(-1)!);
  if (isSeq(value) && !value.flow && value.items.length > 0) {
    const last = value.items.at(-1);
    if (isMap(last) && !last.flow && last.items.length > 0) return contentEnd(last.items.at(-1)!);
    return (last as Node).range![1];
  }
  return value.range![1];
}

/**
 * Find the end of the line that holds `position`, its newline included. A block scalar ends at a line's start already.
 */
function endOfLine(text: string, position: number): number {
  if (position > 0 && text[position - 1] === '\n') return position;
  const newline = text.indexOf('\n', position);
  return newline < 0 ? text.length : newline + 1;
}
