import { brief } from '../../wording/neutral.ts';
import {
  type CheckedCell,
  type CheckedDatasets,
  checkedRow,
  checkSummary,
  type DatasetReport,
} from '../checked.ts';
import { Document, EMOJI } from './document.ts';
import { addDrift } from './drift.ts';
import { code, plain } from './escape.ts';
import { addValidation } from './validation.ts';

/** Renders a check for one pull request's comment: an answer a dataset, then the reports as far as 60 KB hold them. */
export function checkMarkdown(checked: CheckedDatasets): string {
  const document = new Document();
  document.add(`## ${plain(checkSummary(checked))}\n`);
  document.table(['dataset', 'change', 'schema', 'drift'], checked.datasets.map(row), 100);
  for (const { validation, drift } of checked.datasets) {
    if (validation !== undefined && document.add('\n')) addValidation(document, validation);
    if (drift !== undefined && document.add('\n')) addDrift(document, drift);
  }
  return document.toString();
}

function row(dataset: DatasetReport): string[] {
  const { path, change, schema, drift } = checkedRow(dataset);
  return [code(path), plain(change), cell(schema), cell(drift)];
}

function cell({ text, grade }: CheckedCell): string {
  return grade === undefined ? plain(text) : `${EMOJI[grade]} ${plain(brief(text, 400))}`;
}
