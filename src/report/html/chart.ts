import { markup } from '../markup.ts';
import { bars } from './bars.ts';
import { histogram } from './histogram.ts';
import { canvas, type Overlay, units } from './overlay.ts';

/**
 * An SVG drawing in a focusable frame that reads one bin at a time: by pointer, or by arrow keys as a slider does.
 * `data-bins` has a line a bin (name and shares, apart by tabs: neutral text has neither), `data-at` where each begins
 * and the last ends, in user units along `data-axis`.
 */
export function chart(overlay: Overlay, name: string): string {
  if (overlay.after.length === 0) return '<p class="empty">No values to draw.</p>';
  const { shapes, bins, at } = overlay.kind === 'categorical' ? bars(overlay) : histogram(overlay);
  const lines = bins.map((bin) => [bin.name, ...bin.shares].map(markup).join('\t'));
  const attributes = [
    `class="chart" role="slider" tabindex="0" data-axis="${overlay.kind === 'categorical' ? 'y' : 'x'}"`,
    `data-at="${at.map(units).join(' ')}" data-bins="${lines.join('\n')}"`,
    `aria-label="Distribution of ${markup(name)}" aria-valuemin="1" aria-valuemax="${bins.length}"`,
    `aria-valuenow="1" aria-valuetext="${lines[0]!.replaceAll('\t', ', ')}"`,
  ];
  const box = `0 0 ${canvas.width} ${canvas.height}`;
  return `<div ${attributes.join(' ')}><svg viewBox="${box}" aria-hidden="true">${shapes}</svg><p class="read" aria-hidden="true"></p></div>`;
}
