import { neutral } from './neutral.ts';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Any text as content or quoted attribute value of XML or HTML. Acting characters are made visible first, so that what
 * is left is also within XML 1.0's `Char`. Never for script or style content.
 */
export function markup(text: string): string {
  return neutral(text).replace(/[&<>"']/g, (character) => entities[character]!);
}
