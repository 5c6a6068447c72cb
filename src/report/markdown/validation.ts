import type { Anomaly, ValidationReport } from '../../schema/anomaly.ts';
import { brief } from '../../wording/neutral.ts';
import { examplePlace, featureTitle, gradeOf, validationGrade, validationSummary } from '../phrases.ts';
import { Document, EMOJI } from './document.ts';
import { code, plain } from './escape.ts';

const MAX_ROWS = 100;

/** Renders a validation for a pull request's comment: under 60 KB whatever the report. */
export function validationMarkdown(report: ValidationReport): string {
  const document = new Document();
  addValidation(document, report);
  return document.toString();
}

/** Adds the report as far as there is room; its heading and all, or nothing. */
export function addValidation(document: Document, report: ValidationReport): void {
  const answer = plain(brief(validationSummary(report), 400));
  if (!document.add(`### ${EMOJI[validationGrade(report)]} ${answer}\n`)) return;
  if (report.anomalies.length === 0) return;
  document.table(
    ['', 'feature', 'anomaly', 'expected', 'observed', 'examples'],
    report.anomalies.map(row),
    MAX_ROWS,
  );
}

function row(anomaly: Anomaly): string[] {
  const examples = (anomaly.examples ?? []).map(
    (example) => `${plain(examplePlace(example))}: ${code(brief(example.value, 80))}`,
  );
  return [
    EMOJI[gradeOf(anomaly.severity)],
    code(featureTitle(anomaly)),
    `${code(anomaly.kind)}<br>${plain(brief(anomaly.description, 300))}`,
    plain(brief(anomaly.expected, 200)),
    plain(brief(anomaly.observed, 200)),
    examples.join('<br>'),
  ];
}
