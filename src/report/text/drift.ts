import type { DriftReport, FeatureDrift, FeatureRef, Measure, Side } from '../../drift/model.ts';
import { brief, neutral } from '../../wording/neutral.ts';
import { counted, magnitude, probability } from '../../wording/numbers.ts';
import { wrapped } from '../cells.ts';
import type { RenderOptions } from '../format.ts';
import { featureTitle, gradeOf, reasonOf, STRENGTH_MEANING, sideSize, spoken } from '../phrases.ts';
import { type Cell, columns } from './columns.ts';
import { MARKS, type PaintTone, type Tone, tonePainter } from './paint.ts';
import { sparklines } from './sparkline.ts';

/** Features with details below the table; the table itself names every one that drifted. */
const DETAILED = 20;
const SPARK_WIDTH = 16;
const NARROW_SPARK_WIDTH = 10;

/**
 * Renders drift for a terminal: the answer in one line, both sides, the table of what changed, then the measures behind
 * it.
 */
export function driftText(report: DriftReport, options: RenderOptions): string {
  const paint = tonePainter(options.color);
  const grade = gradeOf(report.verdict);
  const changed = report.features.filter((feature) => feature.verdict !== 'none');
  const lines = [
    ...wrapped(neutral(report.summary), options.width, '').map((line) => paint('strong', paint(grade, line))),
    '',
    ...sides(report, paint, options.width),
  ];
  lines[0] = `${paint(grade, MARKS[grade])} ${lines[0]}`;
  if (changed.length > 0) {
    lines.push('', ...table(changed, options.width, paint));
    lines.push('', ...wrapped(STRENGTH_MEANING, options.width, '').map((line) => paint('dim', line)));
  }
  lines.push(
    ...oneSided('only after', report.added, options.width),
    ...oneSided('only before', report.removed, options.width),
  );
  lines.push(...unchanged(report, options.width, paint));
  const drifted = changed.filter((feature) => feature.verdict === 'drift');
  for (const feature of drifted.slice(0, DETAILED)) lines.push('', ...details(feature, options.width, paint));
  const left = drifted.length - DETAILED;
  if (left > 0) {
    lines.push(
      '',
      paint(
        'dim',
        `${counted(left, 'more feature')} in the table above; --format json or html has their details.`,
      ),
    );
  }
  return `${lines.join('\n')}\n`;
}

function sides(report: DriftReport, paint: PaintTone, width: number): string[] {
  const row = (title: string, tone: Tone, side: Side): Cell[] => [
    { text: title, tone },
    { text: neutral(side.name) },
    { text: sideSize(side) },
  ];
  const rows = [row('before', 'before', report.before), row('after', 'after', report.after)];
  const spec = [
    { title: '' },
    { title: '', max: Math.max(16, width - 26) },
    { title: '', align: 'right' as const },
  ];
  return columns(spec, rows, width, paint).slice(1);
}

function table(features: readonly FeatureDrift[], width: number, paint: PaintTone): string[] {
  const sparks = width >= 100 ? SPARK_WIDTH : NARROW_SPARK_WIDTH;
  const spec = [
    { title: '' },
    { title: 'feature', names: true as const },
    { title: 'strength', align: 'right' as const },
    { title: 'before', max: SPARK_WIDTH },
    { title: 'after', max: SPARK_WIDTH },
    { title: 'why', wrap: true as const },
  ];
  return columns(
    spec,
    features.map((feature) => tableRow(feature, sparks)),
    width,
    paint,
  );
}

function tableRow(feature: FeatureDrift, width: number): Cell[] {
  const grade = gradeOf(feature.verdict);
  const [before, after] = sparklines(feature.distribution, width);
  return [
    { text: MARKS[grade], tone: grade },
    { text: featureTitle(feature) },
    { text: magnitude(feature.strength), tone: grade },
    { text: before, tone: 'before' },
    { text: after, tone: 'after' },
    { text: brief(reasonOf(feature), 200) },
  ];
}

function oneSided(title: string, features: readonly FeatureRef[], width: number): string[] {
  if (features.length === 0) return [];
  const names = features.map((feature) => `${featureTitle(feature)} (${neutral(feature.type)})`).join(', ');
  return ['', ...wrapped(`${title}: ${names}`, width, '')];
}

function unchanged(report: DriftReport, width: number, paint: PaintTone): string[] {
  const names = report.features.filter((feature) => feature.verdict === 'none').map(featureTitle);
  if (names.length === 0) return [];
  const line = `${MARKS.good} ${counted(names.length, 'feature')} without drift: ${names.slice(0, 40).join(', ')}`;
  return ['', ...wrapped(names.length > 40 ? `${line}, …` : line, width, '').map((one) => paint('dim', one))];
}

function details(feature: FeatureDrift, width: number, paint: PaintTone): string[] {
  const grade = gradeOf(feature.verdict);
  const reasons = feature.reasons.flatMap((reason) => wrapped(brief(reason, 400), width, '  '));
  const spoke = spoken(feature);
  const figures = ['value', 'threshold', 'by chance', 'p', ...(spoke.some(hides) ? ['may hide'] : [])];
  const spec = [{ title: '  measure' }, ...figures.map((title) => ({ title, align: 'right' as const }))];
  const title = `${MARKS[grade]} ${featureTitle(feature)} (${neutral(feature.type)})`;
  return [
    ...wrapped(title, width, '').map((line) => paint(grade, line)),
    ...reasons,
    ...columns(
      spec,
      spoke.map((measure) => measureRow(measure).slice(0, spec.length)),
      width,
      paint,
    ),
  ];
}

/** Tells whether the sketches can hide a part of the change. */
function hides({ errorBound = 0 }: Measure): boolean {
  return errorBound > 0;
}

function measureRow(measure: Measure): Cell[] {
  const number = (value: number | undefined): Cell => ({ text: value === undefined ? '' : magnitude(value) });
  return [
    { text: `  ${neutral(measure.name)}` },
    { ...number(measure.value), tone: gradeOf(measure.verdict) },
    number(measure.threshold),
    number(measure.expected),
    { text: measure.pValue === undefined ? '' : probability(measure.pValue) },
    hides(measure) ? number(measure.errorBound) : { text: '' },
  ];
}
