import { percent } from '../../../wording/numbers.ts';
import { cellsOf, cut } from '../../cells.ts';
import { type Markup, markup } from '../../markup.ts';
import { briefValues } from '../../phrases.ts';
import { type BarsOverlay, CANVAS, type Drawing, units } from './overlay.ts';

/** Values below these are added to `all others`. */
const MAX_ROWS = 8;
/** A label is as wide as the longest value, within limits, in user units of a terminal cell each. */
const LABEL = { cell: 6.8, least: 40, most: 190, gap: 6 } as const;
const THICKEST = 36;

/** A row a value: the earlier share as a thick bar, the later one as a thin bar on it, and both in figures. */
export function bars(given: BarsOverlay): Drawing {
  const overlay = fewer(given);
  const { labels, before, after } = overlay;
  const names = namesOf(labels, Math.floor((LABEL.most - LABEL.gap) / LABEL.cell));
  const step = Math.min(THICKEST, (CANVAS.bottom + 14 - CANVAS.top) / labels.length);
  const rows = labels.map((_, at) => CANVAS.top - 8 + at * step);
  const left = labelWidth(names);
  const right = before === undefined ? 310 : 250;
  const top = greatest(overlay);
  const length = (of: number): string => units((of / top) * (right - left));
  const shapes = labels.map((value, at) => {
    const y = rows[at]!;
    const middle = units(y + step / 2 + 3.5);
    const row = (kind: string, of: number, thickness: number): Markup =>
      markup`<rect class="${kind}" x="${units(left)}" y="${units(y + (step * (1 - thickness)) / 2)}" width="${length(of)}" height="${units(step * thickness)}"/>`;
    // All others together may be far more than any value: no bar of theirs would be to scale, so they have figures only.
    const isOthers = value === null;
    const drawn = isOthers
      ? ''
      : before === undefined
        ? row('after-bar', after[at]!, 0.72)
        : [row('before', before[at]!, 0.78), row('after-bar', after[at]!, 0.34)];
    const figures =
      before === undefined ? percent(after[at]!) : `${percent(before[at]!)} → ${percent(after[at]!)}`;
    const name = markup`<text class="${isOthers ? 'others' : 'value'}" x="${units(left - LABEL.gap)}" y="${middle}" text-anchor="end">${cut(names[at]!, Math.round((left - LABEL.gap) / LABEL.cell))}</text>`;
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
    stops: [...rows, rows.at(-1)! + step],
  };
}

function labelWidth(names: readonly string[]): number {
  const widest = Math.max(...names.map(cellsOf)) * LABEL.cell + LABEL.gap;
  return Math.min(LABEL.most, Math.max(LABEL.least, widest));
}

/** The greatest share of a value that has a name. */
function greatest({ labels, before, after }: BarsOverlay): number {
  return (
    Math.max(0, ...labels.flatMap((label, at) => (label === null ? [] : [after[at]!, before?.[at] ?? 0]))) ||
    1
  );
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
