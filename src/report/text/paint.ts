/** The colours of a terminal report. Knows what text means; writes to no terminal. */

import type { Grade } from '../phrases.ts';

/** The meaning of a piece of text; colours follow from it, so that they carry nothing that words do not. */
export type Tone = Grade | 'dim' | 'strong' | 'before' | 'after';

const CODES: Readonly<Record<Tone, string>> = {
  bad: '31',
  warn: '33',
  good: '32',
  dim: '2',
  strong: '1',
  before: '34',
  after: '35',
};

export type PaintTone = (tone: Tone, text: string) => string;

/**
 * Makes a painter. With colours it writes SGR sequences of the 16 base colours, which every theme sets to be readable;
 * without, the text itself.
 */
export function tonePainter(color: boolean): PaintTone {
  return color ? (tone, text) => `\u001b[${CODES[tone]}m${text}\u001b[0m` : (_tone, text) => text;
}

/** The marks that say without colour what the colours say. */
export const MARKS: Readonly<Record<Grade, string>> = { bad: '✗', warn: '!', good: '✓' };
