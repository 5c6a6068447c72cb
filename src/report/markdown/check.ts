import { brief } from '../../wording/neutral.ts';
import {
  type CheckedCell,
  type CheckedDatasets,
  checkedRow,
  checkSummary,
  type DatasetReport,
  originSides,
} from '../checked.ts';
import { Document, EMOJI } from './document.ts';
import { addDrift } from './drift.ts';
import { code, plain } from './escape.ts';
import { addValidation } from './validation.ts';

/** Renders a check for one pull request's comment: an answer a dataset, then the reports as far as 60 KB hold them. */
export function checkMarkdown(checked: CheckedDatasets): string {
  const document = new Document();
  document.add(`## ${plain(checkSummary(checked))}\n`);
  addOrigins(document, checked.datasets);
  document.table(['dataset', 'change', 'schema', 'drift'], checked.datasets.map(row), 100);
  for (const { validation, drift } of checked.datasets) {
    if (validation !== undefined && document.add('\n')) addValidation(document, validation);
    if (drift !== undefined && document.add('\n')) addDrift(document, drift);
  }
  return document.toString();
}

const MAX_ORIGINS = 50;

/** Whom the data of a pull request is asked of comes first: its figures say nothing of that. */
function addOrigins(document: Document, datasets: readonly DatasetReport[]): void {
  const moved = datasets.flatMap((dataset) => originSides(dataset) ?? []);
  if (moved.length === 0) return;
  document.add(`\n${EMOJI.warn} **Where data comes from differs from the base:**\n\n`);
  for (const { path, now, before } of moved.slice(0, MAX_ORIGINS)) {
    const earlier = before === undefined ? 'new' : `before, from ${code(before)}`;
    document.add(`- ${code(path)}: from ${code(now)} (${earlier})\n`);
  }
  if (moved.length > MAX_ORIGINS) document.add(`- … and ${moved.length - MAX_ORIGINS} more\n`);
}

function row(dataset: DatasetReport): string[] {
  const { path, change, schema, drift } = checkedRow(dataset);
  return [code(path), plain(change), cell(schema), cell(drift)];
}

function cell({ text, grade }: CheckedCell): string {
  return grade === undefined ? plain(text) : `${EMOJI[grade]} ${plain(brief(text, 400))}`;
}
