import { type CheckedCell, type CheckedDatasets, checkedRow, checkSummary, originSides } from '../checked.ts';
import { type Markup, markup } from '../markup.ts';
import { driftSection } from './drift.ts';
import { badge, type Check, datum, sentence } from './parts.ts';
import { type DatasetSection, sectionsPage } from './section.ts';
import { validationSection } from './validation.ts';

/** Every report of a check on one page, under one search, after a table of all datasets. */
export function checkPage(checked: CheckedDatasets): string {
  const sections = checked.datasets.flatMap(({ path, validation, drift }, at): DatasetSection[] => [
    ...(validation === undefined ? [] : [{ ...validationSection(validation), id: `d${at}s`, subject: path }]),
    ...(drift === undefined ? [] : [{ ...driftSection(drift, `d${at}f`), id: `d${at}d`, subject: path }]),
  ]);
  return sectionsPage(
    'Check',
    markup`${checkSummary(checked)}`,
    markup`${origins(checked)}${summary(checked)}`,
    sections,
  );
}

/** Where data comes from that the base has from elsewhere. */
function origins({ datasets }: CheckedDatasets): Markup {
  const moved = datasets.flatMap((dataset) => originSides(dataset) ?? []);
  if (moved.length === 0) return markup``;
  const items = moved.map(({ path, now, before }) => {
    const earlier = before === undefined ? markup`new` : markup`before, from ${datum(before)}`;
    return markup`<li>${datum(path)}: from ${datum(now)} (${earlier})`;
  });
  return markup`<p>Where data comes from differs from the base:<ul>${items}</ul>`;
}

/** A row a dataset, each answer with the way to its report. */
function summary({ datasets }: CheckedDatasets): Markup {
  if (datasets.length === 0) return markup``;
  const rows = datasets.map((dataset, at) => {
    const { path, change, schema, drift } = checkedRow(dataset);
    const schemaLink = dataset.validation === undefined ? undefined : `d${at}s`;
    const driftLink = dataset.drift === undefined ? undefined : `d${at}d`;
    return markup`<tr><th scope="row">${datum(path)}<td>${change}<td>${cell(schema, 'schema', schemaLink)}<td>${cell(drift, 'drift', driftLink)}`;
  });
  const titles = ['dataset', 'change', 'schema', 'drift'].map((title) => markup`<th scope="col">${title}`);
  return markup`<table class="datasets"><thead><tr>${titles}<tbody>${rows}</table>`;
}

/** The grade in a word beside its colour; then what was found. */
function cell({ text, grade }: CheckedCell, check: Check, link: string | undefined): Markup {
  const shown = link === undefined ? sentence(text) : markup`<a href="#${link}">${sentence(text)}</a>`;
  return grade === undefined ? shown : markup`${badge(grade, check)} ${shown}`;
}
