import type { DriftSeries, Side } from '../../drift/model.ts';
import type { RenderOptions } from '../format.ts';
import { brief, neutral } from '../neutral.ts';
import { counted } from '../numbers.ts';
import { featureName, gradeOf } from '../words.ts';
import { type Cell, columns } from './columns.ts';
import { marks, painter } from './paint.ts';

/** `▁` is half a threshold at most, `█` four times it or more; no drift draws no higher than the second. */
const levels = '▁▂▃▄▅▆▇█';
const top = 4;

type Feature = DriftSeries['features'][number];

/** A history for a terminal: one line a step, oldest first, then each feature that ever changed as a line of strengths. */
export function seriesText(series: DriftSeries, { color, width }: RenderOptions): string {
  const paint = painter(color);
  const changed = series.features.filter(({ steps }) =>
    steps.some((step) => step && step.verdict !== 'none'),
  );
  const drifted = series.steps.filter(({ verdict }) => verdict === 'drift').length;
  const answer = `${counted(drifted, 'step')} of ${series.steps.length} drifted over ${counted(series.versions.length, 'version')}`;
  const lines = [paint('strong', answer), ''];
  lines.push(
    ...columns(
      stepColumns,
      series.steps.map((_, at) => stepRow(series, at)),
      width,
      paint,
    ),
  );
  if (changed.length > 0) lines.push('', ...columns(featureColumns, changed.map(featureRow), width, paint));
  return `${lines.join('\n')}\n`;
}

const stepColumns = [
  { title: '' },
  { title: 'version' },
  { title: 'rows', align: 'right' as const },
  { title: 'against the one before' },
];

function stepRow({ versions, steps }: DriftSeries, at: number): Cell[] {
  const { verdict, summary } = steps[at]!;
  const after = versions[at + 1]!;
  const grade = gradeOf(verdict);
  return [
    { text: marks[grade], tone: grade },
    { text: revision(after) },
    { text: String(after.rows) },
    { text: neutral(summary) },
  ];
}

function revision({ name }: Side): string {
  return neutral(name.slice(name.lastIndexOf('@') + 1));
}

const featureColumns = [
  { title: 'feature', max: 24 },
  { title: 'strength by step' },
  { title: 'at its strongest' },
];

function featureRow(feature: Feature): Cell[] {
  const strongest = feature.steps.reduce((a, b) => ((b?.strength ?? 0) > (a?.strength ?? 0) ? b : a));
  return [
    { text: featureName(feature) },
    { text: feature.steps.map(level).join('') },
    { text: brief(strongest?.reasons[0] ?? '', 200) },
  ];
}

function level(step: Feature['steps'][number]): string {
  if (step === null) return ' ';
  return levels[Math.min(levels.length - 1, Math.floor((step.strength / top) * levels.length))]!;
}
