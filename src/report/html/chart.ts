import { markup } from '../markup.ts';
import { bars } from './bars.ts';
import { histogram } from './histogram.ts';
import { canvas, type Drawing, type Overlay, units } from './overlay.ts';

/** A line break that starts no line of the page: a label may be anything. */
const NEXT = '&#10;';

/** A distribution, or two over the same bins. */
export function chart(overlay: Overlay, name: string): string {
  if (overlay.after.length === 0) return '<p class="empty">No values to draw.</p>';
  const drawing = overlay.kind === 'categorical' ? bars(overlay) : histogram(overlay);
  return framed(drawing, `Distribution of ${name}`);
}

/**
 * An SVG drawing in a focusable frame that reads one bin at a time: by pointer, or by arrow keys as a slider does.
 * `data-names` has a line a bin, or one more where they are edges; `data-shares` a line a bin, its sides apart by a tab
 * (neutral text has neither); `data-span` where the bins begin and end.
 */
export function framed({ shapes, shares, names, direction, span }: Drawing, label: string): string {
  const attributes = [
    `class="chart" role="slider" tabindex="0" data-direction="${direction}" data-names="${names.map(markup).join(NEXT)}"`,
    `data-shares="${shares.map((sides) => sides.map(markup).join('&#9;')).join(NEXT)}"`,
    `data-span="${span.map(units).join(' ')}" aria-label="${markup(label)}"`,
    `aria-valuemin="1" aria-valuemax="${shares.length}" aria-valuenow="1"`,
  ];
  const box = `0 0 ${canvas.width} ${canvas.height}`;
  return `<div ${attributes.join(' ')}><svg viewBox="${box}" aria-hidden="true">${shapes}</svg><p class="read" aria-hidden="true"></p></div>`;
}
