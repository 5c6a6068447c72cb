import type { DriftWindow } from '../../drift/model.ts';
import { neutral } from '../../wording/neutral.ts';
import { counted, grouped } from '../../wording/numbers.ts';
import type { RenderOptions } from '../format.ts';
import { gradeOf } from '../phrases.ts';
import { MARKS, tonePainter } from './paint.ts';

/** One line for a terminal that watches a stream. */
export function windowText(window: DriftWindow, { color }: RenderOptions): string {
  const paint = tonePainter(color);
  const grade = gradeOf(window.verdict);
  const from = window.envelopes === undefined ? '' : ` in ${window.envelopes.join(' and ')}`;
  const facts = factsOf(window.stream);
  const which = paint('dim', `window ${window.window}, ${counted(window.rows, 'row')}${from}${facts}:`);
  return `${paint(grade, MARKS[grade])} ${which} ${paint(grade, neutral(window.summary))}\n`;
}

/** When it was, what is in no window, and how much has not been read. */
function factsOf(stream: DriftWindow['stream']): string {
  if (stream === undefined) return '';
  const { since, until, malformed, late, lag } = stream;
  const facts = [
    ...(since === undefined ? [] : [`${since} to ${until}`]),
    ...(malformed === 0 ? [] : [`${grouped(malformed)} malformed`]),
    ...(late === 0 ? [] : [`${grouped(late)} too late`]),
    ...(lag === undefined ? [] : [`lag ${grouped(lag)}`]),
  ];
  return facts.map((fact) => `, ${fact}`).join('');
}
