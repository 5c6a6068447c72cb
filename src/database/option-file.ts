import { readdirSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';

/** Options by their names, in which `-` stands for `_` too. */
export type Options = Readonly<Record<string, string>>;

const GROUPS = ['client', 'client-server', 'client-mariadb'];
/** As deep as files may include each other. Source: MariaDB source, mysys/my_default.c. */
const MAX_DEPTH = 10;
const MAX_BYTES = 1024 * 1024;

/**
 * Read the options of clients from `~/.my.cnf` and what it includes; none where it cannot be read.
 * Source: MySQL 8.4 Reference Manual, 6.2.2.2 "Using Option Files", and MariaDB source, mysys/my_default.c.
 */
export function readOptionFile(path: string): Options {
  const options: Record<string, string> = {};
  readInto(options, path, 0);
  return options;
}

function readInto(options: Record<string, string>, path: string, depth: number): void {
  let group = '';
  for (const line of linesOf(path)) {
    const [, directive, named] = /^!(include|includedir)\s+(.+)$/.exec(line) ?? [];
    if (directive !== undefined) {
      const target = resolve(path, '..', named!.trim());
      const files = directive === 'include' ? [target] : filesOf(target);
      if (depth < MAX_DEPTH) for (const file of files) readInto(options, file, depth + 1);
      continue;
    }
    group = /^\[([^\]]*)\]/.exec(line)?.[1] ?? group;
    const [, name, value] = /^([\w-]+)\s*=\s*(.*)$/.exec(line) ?? [];
    if (name !== undefined && GROUPS.includes(group)) options[name.replaceAll('_', '-')] = meaningOf(value!);
  }
}

function linesOf(path: string): string[] {
  try {
    const found = statSync(path);
    if (!found.isFile() || found.size > MAX_BYTES) return [];
    return readFileSync(path, 'utf8')
      .split(/\r?\n/)
      .map((line) => line.trim());
  } catch {
    return [];
  }
}

/** In the order of their names: neither says which it takes. */
function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.cnf'))
      .sort()
      .map((name) => resolve(folder, name));
  } catch {
    return [];
  }
}

const ESCAPED: Readonly<Record<string, string>> = {
  ...{ b: '\b', t: '\t', n: '\n', r: '\r', s: ' ', '\\': '\\' },
  ...{ '"': '"', "'": "'" },
};

/** Cut a comment off, which a `#` outside of quotation marks begins; then the marks, and read what backslashes say. */
function meaningOf(text: string): string {
  let quote = '';
  let end = 0;
  for (; end < text.length; end++) {
    const letter = text[end]!;
    if (letter === '\\' && quote !== '') end++;
    else if (letter === quote) quote = '';
    else if (quote === '' && (letter === '"' || letter === "'")) quote = letter;
    else if (quote === '' && letter === '#') break;
  }
  return text
    .slice(0, end)
    .trim()
    .replace(/^(["'])(.*)\1$/s, '$2')
    .replace(/\\(.)/g, (both, letter: string) => ESCAPED[letter] ?? both);
}
