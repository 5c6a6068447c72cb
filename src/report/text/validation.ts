import type { Anomaly, ValidationReport } from '../../schema/anomaly.ts';
import { brief, neutral } from '../../wording/neutral.ts';
import { counted } from '../../wording/numbers.ts';
import { cut, wrapped } from '../cells.ts';
import type { RenderOptions } from '../format.ts';
import { examplePlace, featureTitle, gradeOf, validationGrade, validationSummary } from '../phrases.ts';
import { type Cell, columns } from './columns.ts';
import { MARKS, type PaintTone, tonePainter } from './paint.ts';

/** Anomalies with details below the table; the table itself has every one. */
const DETAILED = 50;

/**
 * Renders a validation for a terminal: the answer in one line, the table of anomalies, then what each means with its
 * example rows.
 */
export function validationText(report: ValidationReport, options: RenderOptions): string {
  const paint = tonePainter(options.color);
  const grade = validationGrade(report);
  const answer = wrapped(`${MARKS[grade]} ${validationSummary(report)}`, options.width, '');
  const lines = answer.map((line) => paint('strong', paint(grade, line)));
  if (report.anomalies.length > 0) lines.push('', ...table(report.anomalies, options.width, paint));
  for (const anomaly of report.anomalies.slice(0, DETAILED))
    lines.push('', ...details(anomaly, options.width, paint));
  const left = report.anomalies.length - DETAILED;
  if (left > 0)
    lines.push(
      '',
      paint('dim', `${counted(left, 'more')} in the table above; --format json or html has their details.`),
    );
  return `${lines.join('\n')}\n`;
}

function table(anomalies: readonly Anomaly[], width: number, paint: PaintTone): string[] {
  const spec = [
    { title: '' },
    { title: 'feature', names: true as const },
    { title: 'anomaly', max: Math.max(16, Math.floor(width / 3)) },
    { title: 'expected', max: Math.max(10, Math.floor(width / 4)) },
    { title: 'observed', wrap: true as const },
  ];
  const rows = anomalies.map((anomaly): Cell[] => {
    const grade = gradeOf(anomaly.severity);
    return [
      { text: MARKS[grade], tone: grade },
      { text: featureTitle(anomaly) },
      { text: brief(anomaly.short, 200) },
      { text: brief(anomaly.expected, 200) },
      { text: brief(anomaly.observed, 200), tone: grade },
    ];
  });
  return columns(spec, rows, width, paint);
}

function details(anomaly: Anomaly, width: number, paint: PaintTone): string[] {
  const grade = gradeOf(anomaly.severity);
  const title = `${MARKS[grade]} ${featureTitle(anomaly)}: ${neutral(anomaly.kind)}`;
  const examples = (anomaly.examples ?? []).map((example) =>
    cut(`  ${examplePlace(example)}: ${brief(example.value, 200)}`, width),
  );
  return [
    ...wrapped(title, width, '').map((line) => paint(grade, line)),
    ...wrapped(brief(anomaly.description, 600), width, '  '),
    ...examples,
  ];
}
