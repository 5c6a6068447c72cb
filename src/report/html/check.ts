import { type CheckedDatasets, checkSummary } from '../checked.ts';
import { markup } from '../markup.ts';
import { driftSection } from './drift.ts';
import { sectionsPage } from './section.ts';
import { validationSection } from './validation.ts';

/** Every report of a check on one page, under one search. */
export function checkPage(checked: CheckedDatasets): string {
  const sections = checked.datasets.flatMap(({ validation, drift }, at) => [
    ...(validation === undefined ? [] : [validationSection(validation)]),
    ...(drift === undefined ? [] : [driftSection(drift, `d${at}f`)]),
  ]);
  return sectionsPage('Check', markup`${checkSummary(checked)}`, sections);
}
