import { identifier, literal } from './quote.ts';

/** Levels of types within types. No engine writes columns of more. */
const MAX_DEPTH = 300;

/** What the text of a type is made of: quoted names, quoted texts, words, numbers, and marks. */
const TOKEN = /\s*(?:("(?:[^"]|"")*")|('(?:[^']|'')*')|([A-Za-z_][A-Za-z0-9_]*)|([0-9]{1,9})|([(),[\]]))/y;

interface Token {
  readonly kind: 'name' | 'text' | 'word' | 'number' | 'mark';
  readonly text: string;
}

/**
 * Read the text of a type, as the engine writes types, and write it anew as SQL of which every name and text is quoted: whatever a stranger
 * writes in its place, nothing but a type comes out.
 * @param instead other types to write for some, by their names; for none unless given
 * @returns undefined if it is no such text; a word may still be the name of no type
 */
export function typeSql(text: string, instead: ReadonlyMap<string, string> = NONE): string | undefined {
  try {
    const tokens = new Tokens(text, instead);
    const written = typeOf(tokens, 0);
    return tokens.next === undefined ? written : undefined;
  } catch (error) {
    if (error instanceof NoType) return undefined;
    throw error;
  }
}

/**
 * Whether a type within it has a field without a name, as a row of values without names has when it is read from a file: no SQL can write
 * it. Of a text that is no type, false.
 */
export function hasUnnamedField(text: string): boolean {
  return /[(,] ?"" /.test(typeSql(text) ?? '');
}

const NONE: ReadonlyMap<string, string> = new Map();

/** Ends the reading of a text that is no type. */
class NoType extends Error {}

class Tokens {
  /** The first that was not taken; undefined at the end. */
  next: Token | undefined;
  readonly instead: ReadonlyMap<string, string>;
  readonly #text: string;
  #at = 0;

  constructor(text: string, instead: ReadonlyMap<string, string>) {
    this.#text = text;
    this.instead = instead;
    this.#advance();
  }

  take(kind: Token['kind'], text?: string): string {
    const { next } = this;
    if (next?.kind !== kind || (text !== undefined && next.text !== text)) throw new NoType();
    this.#advance();
    return next.text;
  }

  isNext(text: string): boolean {
    return this.next?.kind === 'mark' && this.next.text === text;
  }

  #advance(): void {
    TOKEN.lastIndex = this.#at;
    const found = TOKEN.exec(this.#text);
    if (found === null) {
      if (this.#text.slice(this.#at).trim() !== '') throw new NoType();
      this.next = undefined;
      return;
    }
    this.#at = TOKEN.lastIndex;
    const [, name, quoted, word, number, mark] = found;
    if (name !== undefined) this.next = { kind: 'name', text: name.slice(1, -1).replaceAll('""', '"') };
    else if (quoted !== undefined)
      this.next = { kind: 'text', text: quoted.slice(1, -1).replaceAll("''", "'") };
    else if (word !== undefined) this.next = { kind: 'word', text: word };
    else if (number !== undefined) this.next = { kind: 'number', text: number };
    else this.next = { kind: 'mark', text: mark! };
  }
}

/** A type, and how often it is within a list or an array. */
function typeOf(tokens: Tokens, depth: number): string {
  if (depth > MAX_DEPTH) throw new NoType();
  let written = plainTypeOf(tokens, depth);
  for (let lists = depth; tokens.isNext('['); lists++) {
    if (lists > MAX_DEPTH) throw new NoType();
    tokens.take('mark', '[');
    const length = tokens.next?.kind === 'number' ? tokens.take('number') : '';
    tokens.take('mark', ']');
    written += `[${length}]`;
  }
  return written;
}

function plainTypeOf(tokens: Tokens, depth: number): string {
  const word = tokens.take('word').toUpperCase();
  if (word === 'STRUCT' || word === 'UNION')
    return `${word}(${listOf(tokens, () => `${fieldOf(tokens)} ${typeOf(tokens, depth + 1)}`)})`;
  if (word === 'MAP') return `MAP(${listOf(tokens, () => typeOf(tokens, depth + 1))})`;
  if (word === 'ENUM') return `ENUM(${listOf(tokens, () => literal(tokens.take('text')))})`;
  const words = [word, ...zoneOf(tokens, word)].join(' ');
  // Width and scale.
  if (tokens.isNext('(')) return `${words}(${listOf(tokens, () => tokens.take('number'))})`;
  return tokens.instead.get(words) ?? words;
}

/** What stands behind the name of a time that has a zone. */
function zoneOf(tokens: Tokens, word: string): string[] {
  if ((word !== 'TIME' && word !== 'TIMESTAMP') || tokens.next?.kind !== 'word') return [];
  return ['WITH', 'TIME', 'ZONE'].map((each) => {
    if (tokens.take('word').toUpperCase() !== each) throw new NoType();
    return each;
  });
}

function fieldOf(tokens: Tokens): string {
  return identifier(tokens.take(tokens.next?.kind === 'word' ? 'word' : 'name'));
}

function listOf(tokens: Tokens, element: () => string): string {
  const elements: string[] = [];
  tokens.take('mark', '(');
  do {
    if (elements.length > 0) tokens.take('mark', ',');
    elements.push(element());
  } while (tokens.isNext(','));
  tokens.take('mark', ')');
  return elements.join(', ');
}
