import { neutral } from '../wording/neutral.ts';
import {
  type CheckedDatasets,
  changeWords,
  type DatasetReport,
  failureWords,
  originSides,
} from './checked.ts';
import { type CiFindings, driftFindings, validationFindings } from './ci/findings.ts';
import { github } from './ci/github.ts';
import { junit } from './ci/junit.ts';
import { driftMetrics, exposition, validationMetrics } from './ci/prometheus.ts';
import { sarif } from './ci/sarif.ts';
import type { RenderOptions, ReportFormat } from './format.ts';
import { checkPage } from './html/check.ts';
import { canonicalJson } from './json.ts';
import { checkMarkdown } from './markdown/check.ts';
import { type Renderers, rendered } from './render.ts';
import { checkText } from './text/check.ts';

/** The reports of several datasets as one document, in every format. */
export function renderCheck(checked: CheckedDatasets, format: ReportFormat, options: RenderOptions): string {
  return rendered('check', RENDERERS, checked, format, options);
}

const RENDERERS: Renderers<CheckedDatasets> = {
  json: canonicalJson,
  text: checkText,
  markdown: checkMarkdown,
  html: checkPage,
  junit: (checked) => junit(findingsOf(checked)),
  sarif: (checked) => sarif(findingsOf(checked)),
  github: (checked) => github(findingsOf(checked)),
  prometheus: ({ datasets }) =>
    exposition(
      datasets.flatMap(({ validation, drift }) => [
        ...(validation === undefined ? [] : validationMetrics(validation)),
        ...(drift === undefined ? [] : driftMetrics(drift)),
      ]),
    ),
};

/** Findings point at the pointer: it is what is in Git, and what changed. */
function findingsOf({ datasets }: CheckedDatasets): CiFindings[] {
  return datasets.flatMap((dataset) => {
    const { path, validation, drift } = dataset;
    const place = { file: `${path}.varve` };
    return [
      ...originFindings(dataset, place),
      ...presenceFindings(dataset, place),
      ...(validation === undefined ? [] : [validationFindings(validation, place)]),
      ...(drift === undefined ? [] : [driftFindings(drift, place)]),
    ];
  });
}

/** That the data comes from elsewhere than in the base is for whoever reviews the change, and no failure. */
function originFindings(dataset: DatasetReport, place: { readonly file: string }): CiFindings[] {
  const sides = originSides(dataset);
  if (sides === undefined) return [];
  const { path, now, before } = sides;
  const summary = neutral(`${path}: from ${now}${before === undefined ? '' : `; before, from ${before}`}`);
  const finding = { rule: 'DATASET_ORIGIN', grade: 'warn', feature: 'whole dataset' } as const;
  return [
    {
      check: 'dataset',
      subject: neutral(dataset.path),
      file: neutral(place.file),
      summary,
      grade: 'warn',
      findings: [{ ...finding, message: summary, details: [] }],
    },
  ];
}

/** What neither the schema nor the comparison can say: that there was no check, or that there is nothing to check any more. */
function presenceFindings(dataset: DatasetReport, place: { readonly file: string }): CiFindings[] {
  const { path, change, failure } = dataset;
  if (failure === undefined && change !== 'removed' && change !== 'renamed') return [];
  const summary = neutral(`${path}: ${failure === undefined ? changeWords(dataset) : failureWords(failure)}`);
  const finding = { rule: 'DATASET_UNCHECKED', grade: 'bad', feature: 'whole dataset' } as const;
  return [
    {
      check: 'dataset',
      subject: neutral(path),
      file: neutral(place.file),
      summary,
      grade: failure === undefined ? 'good' : 'bad',
      findings: failure === undefined ? [] : [{ ...finding, message: summary, details: [] }],
    },
  ];
}
