import { brief } from '../../wording/neutral.ts';
import {
  type CheckedDatasets,
  changeWords,
  checkSummary,
  type DatasetReport,
  failureWords,
} from '../checked.ts';
import { type Markup, markup } from '../markup.ts';
import { driftSection } from './drift.ts';
import { sectionsPage } from './section.ts';
import { validationSection } from './validation.ts';

/** Every report of a check on one page, under one search. */
export function checkPage(checked: CheckedDatasets): string {
  const sections = checked.datasets.flatMap(({ validation, drift }, at) => [
    ...(validation === undefined ? [] : [validationSection(validation)]),
    ...(drift === undefined ? [] : [driftSection(drift, `d${at}f`)]),
  ]);
  return sectionsPage('Check', markup`${checkSummary(checked)}`, sections, checked.datasets.flatMap(note));
}

/** What the reports of a dataset do not say. */
function note(dataset: DatasetReport): Markup[] {
  const { path, failure } = dataset;
  const words = [changeWords(dataset), failure && failureWords(failure)].filter((one) => one !== undefined);
  return words.length === 0 ? [] : [markup`${brief(path, 200)}: ${words.join('; ')}`];
}
