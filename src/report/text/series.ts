import type { DriftSeries } from '../../drift/model.ts';
import { brief, neutral } from '../../wording/neutral.ts';
import { wrapped } from '../cells.ts';
import type { RenderOptions } from '../format.ts';
import { featureTitle, gradeOf, sideSize } from '../phrases.ts';
import {
  everChanged,
  loudestReason,
  revision,
  type SeriesFeature,
  seriesSummary,
  strengthLine,
} from '../series.ts';
import { type Cell, columns } from './columns.ts';
import { MARKS, tonePainter } from './paint.ts';

/** A history for a terminal: one line a step, oldest first, then each feature that ever changed as a line of strengths. */
export function seriesText(series: DriftSeries, { color, width }: RenderOptions): string {
  const paint = tonePainter(color);
  const changed = everChanged(series);
  const lines = [...wrapped(seriesSummary(series), width, '').map((line) => paint('strong', line)), ''];
  lines.push(
    ...columns(
      STEP_COLUMNS,
      series.steps.map((_, at) => stepRow(series, at)),
      width,
      paint,
    ),
  );
  if (changed.length > 0) lines.push('', ...columns(FEATURE_COLUMNS, changed.map(featureRow), width, paint));
  return `${lines.join('\n')}\n`;
}

const STEP_COLUMNS = [
  { title: '' },
  { title: 'version' },
  { title: 'date' },
  { title: 'size', align: 'right' as const },
  { title: 'against the one before', wrap: true as const },
];

function stepRow({ versions, steps }: DriftSeries, at: number): Cell[] {
  const { verdict, summary } = steps[at]!;
  const after = versions[at + 1]!;
  const grade = gradeOf(verdict);
  return [
    { text: MARKS[grade], tone: grade },
    { text: revision(after) },
    { text: after.date?.slice(0, 10) ?? '' },
    { text: sideSize(after) },
    { text: neutral(summary) },
  ];
}

const FEATURE_COLUMNS = [
  { title: 'feature', names: true as const },
  { title: 'strength by step' },
  { title: 'at its strongest', wrap: true as const },
];

function featureRow(feature: SeriesFeature): Cell[] {
  return [
    { text: featureTitle(feature) },
    { text: strengthLine(feature) },
    { text: brief(loudestReason(feature), 200) },
  ];
}
