import type { DriftWindow } from '../../drift/model.ts';
import { neutral } from '../../wording/neutral.ts';
import { counted } from '../../wording/numbers.ts';
import type { RenderOptions } from '../format.ts';
import { gradeOf } from '../phrases.ts';
import { MARKS, tonePainter } from './paint.ts';

/** One line for a terminal that watches a stream. */
export function windowText(window: DriftWindow, { color }: RenderOptions): string {
  const paint = tonePainter(color);
  const grade = gradeOf(window.verdict);
  const from = window.envelopes === undefined ? '' : ` in ${window.envelopes.join(' and ')}`;
  const which = paint('dim', `window ${window.window}, ${counted(window.rows, 'row')}${from}:`);
  return `${paint(grade, MARKS[grade])} ${which} ${paint(grade, neutral(window.summary))}\n`;
}
