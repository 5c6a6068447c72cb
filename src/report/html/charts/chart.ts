/**
 * Charts: drawings of distributions as SVG. They may not know verdicts, nor the page around them.
 */

import { type Markup, markup, separated } from '../../markup.ts';
import { bars } from './bars.ts';
import { histogram } from './histogram.ts';
import { CANVAS, type Drawing, type Overlay, units } from './overlay.ts';

/** Neutral text has neither tabs nor line ends, so they can stand between texts; as references, they start no line of the page. */
const TAB = markup`&#9;`;
const LINE_END = markup`&#10;`;

/** A distribution, or two over the same bins. */
export function chart(overlay: Overlay, name: string): Markup {
  if (overlay.after.length === 0) return markup`<p class="empty">No values to draw.</p>`;
  if (overlay.kind === 'categorical' && overlay.labels.every((label) => label === null))
    return markup`<p class="empty">No value is frequent.</p>`;
  const drawing = overlay.kind === 'categorical' ? bars(overlay) : histogram(overlay);
  return framed(drawing, `Distribution of ${name}`);
}

/**
 * An SVG drawing in a focusable frame that reads one bin at a time: by pointer, or by arrow keys as a slider does.
 * `data-names` and `data-shares` have a line a bin, the shares of two sides apart by a tab (neutral text has neither); `data-stops` says
 * where the bins begin and end.
 */
export function framed({ shapes, shares, names, direction, stops, note }: Drawing, label: string): Markup {
  const lines = separated(
    shares.map((sides) => separated(sides, TAB)),
    LINE_END,
  );
  const bins = markup`data-names="${separated(names, LINE_END)}" data-shares="${lines}" data-stops="${stops.map(units).join(' ')}"`;
  const value = markup`aria-valuemin="1" aria-valuemax="${shares.length}" aria-valuenow="1"`;
  const box = `0 0 ${CANVAS.width} ${CANVAS.height}`;
  return markup`<div class="chart" role="slider" tabindex="0" data-direction="${direction}" ${bins} aria-label="${label}" ${value}><svg viewBox="${box}" aria-hidden="true">${shapes}</svg><p class="read" aria-hidden="true">${note ?? ''}</p></div>`;
}
