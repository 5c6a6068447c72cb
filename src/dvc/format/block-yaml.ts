/** Scalars of all kinds come as the strings that they are written as, so that an MD5 of digits stays an MD5. */
export type Plain = string | readonly Plain[] | { readonly [key: string]: Plain };

interface Line {
  readonly indent: number;
  readonly text: string;
}

const KEY = /^([A-Za-z][\w.-]*):(?: (.+))?$/;
/**
 * A scalar of this form is plain text: nothing in it begins something else, ends it early, or is no character that YAML
 * prints.
 */
const PLAIN = /^(?![-?:,[\]{}#&*!|>'"%@`\s])(?!.*(?:: | #|[: ]$))[\x20-\x7e\xa1-\u1fff\u3000-\ud7ff]+$/;
const QUOTED = /^'((?:[\x20-&(-~\xa1-\u1fff\u3000-\ud7ff]|'')*)'$/;
/** DVC's own files have four levels. */
const MAX_DEPTH = 16;

/**
 * Read YAML as DVC lays it out: mappings and lists line by line, each value on the line of its key, plain or in single quotes.
 * Undefined for all else, which is for a whole parser: that takes twenty times as long to load and a hundred times as long to read,
 * which is felt where `varve status` looks at a thousand pointers.
 */
export function readBlockYaml(text: string): Plain | undefined {
  const lines: Line[] = [];
  const rows = text.split('\n');
  if (rows.at(-1) === '') rows.pop();
  for (const row of rows) {
    const indent = row.search(/[^ ]/);
    if (indent < 0) return undefined;
    lines.push({ indent, text: row.slice(indent) });
  }
  const reader = new BlockReader(lines);
  const value = reader.block(0, 0);
  return reader.isDone ? value : undefined;
}

class BlockReader {
  readonly #lines: Line[];
  #at = 0;

  constructor(lines: Line[]) {
    this.#lines = lines;
  }

  get isDone(): boolean {
    return this.#at === this.#lines.length;
  }

  block(indent: number, depth: number): Plain | undefined {
    if (depth > MAX_DEPTH) return undefined;
    return this.#isItem(indent) ? this.#list(indent, depth) : this.#map(indent, depth);
  }

  #isItem(indent: number): boolean {
    const line = this.#lines[this.#at];
    return line?.indent === indent && line.text.startsWith('- ');
  }

  #list(indent: number, depth: number): Plain | undefined {
    const items: Plain[] = [];
    while (this.#isItem(indent)) {
      const text = this.#lines[this.#at]!.text.slice(2);
      const item = KEY.test(text) ? this.#mapBehindDash(indent + 2, text, depth) : this.#scalar(text);
      if (item === undefined) return undefined;
      items.push(item);
    }
    return items;
  }

  #mapBehindDash(indent: number, text: string, depth: number): Plain | undefined {
    this.#lines[this.#at] = { indent, text };
    return this.#map(indent, depth + 1);
  }

  #map(indent: number, depth: number): Plain | undefined {
    const map: { [key: string]: Plain } = {};
    for (let line = this.#lines[this.#at]; line?.indent === indent; line = this.#lines[this.#at]) {
      const [, key, rest] = KEY.exec(line.text) ?? [];
      if (key === undefined || Object.hasOwn(map, key)) break;
      const value = rest === undefined ? this.#below(indent, depth) : this.#scalar(rest);
      if (value === undefined) return undefined;
      map[key] = value;
    }
    return Object.keys(map).length === 0 ? undefined : map;
  }

  /**
   * Read the value of a key that has nothing on its own line: a mapping further in, or a list, which may stand as far
   * out as the key.
   */
  #below(indent: number, depth: number): Plain | undefined {
    this.#at++;
    const next = this.#lines[this.#at];
    if (next === undefined || (next.indent <= indent && !this.#isItem(indent))) return undefined;
    return this.block(next.indent, depth + 1);
  }

  #scalar(text: string): string | undefined {
    this.#at++;
    return PLAIN.test(text) ? text : QUOTED.exec(text)?.[1]?.replaceAll("''", "'");
  }
}
