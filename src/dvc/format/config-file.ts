import { VarveError } from '../../errors.ts';

/** Sections of a configuration file; names and keys are lower case, values as written, lists as lists. */
export type ConfigSections = ReadonlyMap<string, ReadonlyMap<string, string | readonly string[]>>;

type Values = Map<string, string | readonly string[]>;
const SECTION = /^\[\s*("[^"]*"|'[^']*'|[^"'\s[\]][^[\]]*?)\s*\]\s*(#.*)?$/;
const KEYWORD = /^("[^"]*"|'[^']*'|[^"'=\s][^=]*?)\s*=\s*(.*)$/;
const ITEM = /^("[^"]*"|'[^']*'|[^"',#\s](?:[^,#]*[^,#\s])?)\s*/;

/**
 * Read `.dvc/config` by the rules of ConfigObj, which DVC reads it with: quoted section names, `#` comments, quoted
 * values, comma-separated lists, values in triple quotes.
 * Source: the ConfigObj documentation, "The Config File Format".
 * @throws VarveError `config-invalid`; values are never shown, since they may be secrets
 */
export function parseConfigFile(text: string, path: string): ConfigSections {
  const sections = new Map<string, Values>([['', new Map()]]);
  let current = sections.get('')!;
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\r|\n/);
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!.trim();
    if (line === '' || line.startsWith('#')) continue;
    const header = SECTION.exec(line);
    if (header === null) {
      index = readLine(lines, index, current, path);
      continue;
    }
    const name = unquote(header[1]!).toLowerCase();
    if (sections.has(name)) throw invalid(path, index, 'begins a section that was there before');
    current = new Map();
    sections.set(name, current);
  }
  return sections;
}

/** Read the value that begins on line `index` into the section; return the line that it ends on. */
function readLine(lines: readonly string[], index: number, into: Values, path: string): number {
  const [, name, rest] = KEYWORD.exec(lines[index]!.trim()) ?? [];
  if (name === undefined || rest === undefined)
    throw invalid(path, index, 'is neither a section nor a value');
  const triple = /^('''|""")/.exec(rest)?.[1];
  const multi = triple === undefined ? undefined : readTriple(lines, index, triple);
  if (triple !== undefined && multi === undefined)
    throw invalid(path, index, 'opens quotes that never close');
  const value = multi?.value ?? parseValue(rest);
  if (value === undefined) throw invalid(path, index, 'has a value that cannot be read');
  if (typeof value === 'string' && /%\([^)]*\)s/.test(value)) {
    throw invalid(path, index, 'refers to another value by %(…)s');
  }
  const key = unquote(name).toLowerCase();
  if (into.has(key)) throw invalid(path, index, 'gives a value a second time');
  into.set(key, value);
  return multi?.last ?? index;
}

/** A single value, or a list where commas stand between or behind values; undefined if it breaks the rules. */
function parseValue(text: string): string | readonly string[] | undefined {
  const items: string[] = [];
  let rest = text;
  let commas = 0;
  while (rest !== '' && !rest.startsWith('#')) {
    if (rest.startsWith(',') && commas === 0 && items.length === 0) {
      return /^,\s*(#.*)?$/.test(rest) ? [] : undefined;
    }
    const item = ITEM.exec(rest);
    if (item === null) return undefined;
    items.push(unquote(item[1]!));
    rest = rest.slice(item[0].length);
    if (rest === '' || rest.startsWith('#')) break;
    if (!rest.startsWith(',')) return undefined;
    commas++;
    rest = rest.slice(1).trimStart();
  }
  return commas === 0 ? (items[0] ?? '') : items;
}

/** A value in triple quotes that begins on line `first` and may run over the next ones. */
function readTriple(
  lines: readonly string[],
  first: number,
  quotes: string,
): { value: string; last: number } | undefined {
  const opening = lines[first]!.indexOf(quotes) + quotes.length;
  let value = lines[first]!.slice(opening);
  for (let last = first; ; ) {
    const end = value.indexOf(quotes);
    if (end >= 0) {
      const behind = value.slice(end + quotes.length).trim();
      return behind === '' || behind.startsWith('#') ? { value: value.slice(0, end), last } : undefined;
    }
    last++;
    if (last >= lines.length) return undefined;
    value += `\n${lines[last]}`;
  }
}

function unquote(text: string): string {
  const quote = text[0];
  const quoted = text.length >= 2 && (quote === '"' || quote === "'") && text.endsWith(quote);
  return quoted ? text.slice(1, -1) : text.trim();
}

function invalid(path: string, index: number, what: string): VarveError {
  return new VarveError('config-invalid', `Line ${index + 1} of ${path} ${what}`, {
    path,
    remedy: 'Correct the line; `dvc config --list` shows whether DVC can read the file.',
  });
}
