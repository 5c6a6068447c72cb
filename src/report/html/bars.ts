import { percent } from '../../wording/numbers.ts';
import { cut } from '../cells.ts';
import { type Markup, markup } from '../markup.ts';
import { briefValues } from '../phrases.ts';
import { type BarsOverlay, CANVAS, type Drawing, units } from './overlay.ts';

/** Values below these are added to `all others`. */
const MAX_ROWS = 8;
const LABEL = { right: 116, cells: 18 } as const;
const BAR = { left: 122, thickest: 36 } as const;

/** A row a value: the earlier share as a thick bar, the later one as a thin bar on it, and both in figures. */
export function bars(given: BarsOverlay): Drawing {
  const { labels, before, after } = fewer(given);
  const short = namesOf(labels, LABEL.cells);
  const step = Math.min(BAR.thickest, (CANVAS.bottom + 14 - CANVAS.top) / labels.length);
  const top = greatest(labels, [...after, ...(before ?? [])]);
  const right = before === undefined ? 310 : 256;
  const length = (of: number): string => units(Math.min(1, of / top) * (right - BAR.left));
  const shapes = labels.map((value, at) => {
    const y = CANVAS.top - 8 + at * step;
    const middle = units(y + step / 2 + 3.5);
    const cutOff = Math.max(after[at]!, before?.[at] ?? 0) > top ? ' cut' : '';
    const row = (kind: string, of: number, thickness: number): Markup =>
      markup`<rect class="${kind}${cutOff}" x="${BAR.left}" y="${units(y + (step * (1 - thickness)) / 2)}" width="${length(of)}" height="${units(step * thickness)}"/>`;
    const drawn =
      before === undefined
        ? row('after-bar', after[at]!, 0.72)
        : [row('before', before[at]!, 0.78), row('after-bar', after[at]!, 0.34)];
    const figures =
      before === undefined ? percent(after[at]!) : `${percent(before[at]!)} → ${percent(after[at]!)}`;
    const name = markup`<text class="${value === null ? 'others' : 'value'}" x="${LABEL.right}" y="${middle}" text-anchor="end">${cut(short[at]!, LABEL.cells)}</text>`;
    return markup`${name}${drawn}<text class="figure" x="${CANVAS.right}" y="${middle}" text-anchor="end">${figures}</text>`;
  });
  return {
    shapes,
    names: namesOf(labels, 60),
    shares: labels.map((_, at) => [
      ...(before === undefined ? [] : [percent(before[at]!)]),
      percent(after[at]!),
    ]),
    direction: 'down',
    span: [CANVAS.top - 8, CANVAS.top - 8 + labels.length * step],
  };
}

/** Finds the greatest share of a value that has a name: all others together may be far more, and are then cut off. */
function greatest(labels: readonly (string | null)[], shares: readonly number[]): number {
  const named = shares.filter((_, at) => labels[at % labels.length] !== null);
  return Math.max(0, ...named) || 1;
}

function namesOf(labels: readonly (string | null)[], limit: number): string[] {
  const shown = briefValues(
    labels.map((value) => value ?? ''),
    limit,
  );
  return labels.map((value, at) => (value === null ? 'all others' : shown[at] || '(empty)'));
}

function fewer(overlay: BarsOverlay): BarsOverlay {
  if (overlay.labels.length <= MAX_ROWS + 1) return overlay;
  const rest = (shares: readonly number[]): number[] => [
    ...shares.slice(0, MAX_ROWS),
    shares.slice(MAX_ROWS).reduce((sum, one) => sum + one, 0),
  ];
  const before = overlay.before === undefined ? {} : { before: rest(overlay.before) };
  return {
    kind: 'categorical',
    labels: [...overlay.labels.slice(0, MAX_ROWS), null],
    ...before,
    after: rest(overlay.after),
  };
}
