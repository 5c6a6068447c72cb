import { neutral } from '../wording/neutral.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** The parts that a template takes: text, which it escapes; numbers; and markup, which it takes as it is. */
export type Part = string | number | Markup | readonly Part[];

/** Finished HTML or XML. Only the `markup` template makes it, so that no text gets into a page without being escaped; it comes whole from another thread. */
export class Markup {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  static of(text: TemplateStringsArray, ...parts: readonly Part[]): Markup {
    return new Markup(text.reduce((made, next, at) => made + written(parts[at - 1]!) + next));
  }

  static again(text: string): Markup {
    return new Markup(text);
  }

  toString(): string {
    return this.#text;
  }
}

/**
 * A template of HTML or XML, for content and quoted attribute values; never for script or style content. Texts are made
 * harmless: acting characters become visible, so that what is left is within XML 1.0's `Char`, and `&<>"'` are escaped. Lists
 * are written one item after the other.
 */
export const markup = Markup.of;

export const NO_MARKUP = markup``;

/** Markup as it was before it was text: of what another thread of varve made by the template. */
export const finishedMarkup = Markup.again;

const LINE_END = markup`\n`;

/** Items with a separator between them. */
export function separated(items: readonly Part[], separator: Markup = LINE_END): Part {
  return items.flatMap((item, at) => (at === 0 ? [item] : [separator, item]));
}

function written(part: Part): string {
  if (part instanceof Markup) return part.toString();
  if (typeof part === 'number') return String(part);
  return typeof part === 'string' ? escaped(part) : part.map(written).join('');
}

function escaped(text: string): string {
  return neutral(text).replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
