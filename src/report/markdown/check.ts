import { brief } from '../../wording/neutral.ts';
import {
  type CheckedDatasets,
  changeWords,
  checkSummary,
  type DatasetReport,
  failureWords,
} from '../checked.ts';
import { gradeOf, validationGrade } from '../phrases.ts';
import { Document, EMOJI } from './document.ts';
import { addDrift } from './drift.ts';
import { code, plain } from './escape.ts';
import { addValidation } from './validation.ts';

/** Renders a check for one pull request's comment: an answer a dataset, then the reports as far as 60 KB hold them. */
export function checkMarkdown(checked: CheckedDatasets): string {
  const document = new Document();
  document.add(`## ${plain(checkSummary(checked))}\n`);
  document.table(['dataset', 'schema', 'drift'], checked.datasets.map(row), 100);
  for (const { validation, drift } of checked.datasets) {
    if (validation !== undefined && document.add('\n')) addValidation(document, validation);
    if (drift !== undefined && document.add('\n')) addDrift(document, drift);
  }
  return document.toString();
}

function row(dataset: DatasetReport): string[] {
  const { path, drift, failure } = dataset;
  const words = changeWords(dataset);
  return [
    `${code(brief(path, 200))}${words === undefined ? '' : ` (${plain(words)})`}`,
    failure === undefined ? schemaCell(dataset) : `${EMOJI.bad} ${plain(brief(failureWords(failure), 400))}`,
    drift === undefined
      ? driftCell(dataset)
      : `${EMOJI[gradeOf(drift.verdict)]} ${plain(brief(drift.summary, 200))}`,
  ];
}

function schemaCell({ change, validation }: DatasetReport): string {
  if (validation !== undefined) return EMOJI[validationGrade(validation)];
  return change === 'removed' ? '' : 'no schema';
}

function driftCell({ change }: DatasetReport): string {
  if (change === 'removed') return '';
  return change === 'schema' || change === 'renamed' ? 'the same data' : 'nothing to compare with';
}
