import type { DriftReport } from '../drift/model.ts';
import { VarveError } from '../errors.ts';
import type { ValidationReport } from '../schema/anomaly.ts';
import { driftFindings, type Findings, validationFindings } from './ci/findings.ts';
import { github } from './ci/github.ts';
import { junit } from './ci/junit.ts';
import { sarif } from './ci/sarif.ts';
import type { Format, RenderOptions } from './format.ts';
import { canonicalJson } from './json.ts';
import { renderDrift, renderValidation } from './render.ts';

/** What a check of several datasets found: for each, what there was to compare with. */
export interface CheckedDatasets {
  readonly datasets: readonly {
    readonly path: string;
    readonly validation: ValidationReport | undefined;
    readonly drift: DriftReport | undefined;
  }[];
}

/** The reports of several datasets as one document. Throws `format-unsupported` for formats that hold one report only. */
export function renderCheck(checked: CheckedDatasets, format: Format, options: RenderOptions): string {
  switch (format) {
    case 'json':
      return canonicalJson(checked);
    case 'text':
    case 'markdown':
      return pages(checked, format, options);
    case 'junit':
      return junit(findingsOf(checked, options));
    case 'sarif':
      return sarif(findingsOf(checked, options));
    case 'github':
      return github(findingsOf(checked, options));
    default:
      throw new VarveError(
        'format-unsupported',
        `a check of several datasets cannot be written as ${format}`,
        {
          remedy: 'Choose text, json, markdown, junit, sarif or github, or report one dataset at a time.',
        },
      );
  }
}

function pages({ datasets }: CheckedDatasets, format: 'text' | 'markdown', options: RenderOptions): string {
  if (datasets.length === 0) return 'No dataset differs from the base.\n';
  const parts = datasets.flatMap(({ path, validation, drift }) => {
    const found = [
      ...(validation === undefined ? [] : [renderValidation(validation, format, options)]),
      ...(drift === undefined ? [] : [renderDrift(drift, format, options)]),
    ];
    return found.length > 0
      ? found
      : [`${path}: nothing to hold it against, neither a schema nor a profile in the base.\n`];
  });
  return parts.join('\n');
}

function findingsOf({ datasets }: CheckedDatasets, options: RenderOptions): Findings[] {
  return datasets.flatMap(({ validation, drift }) => [
    ...(validation === undefined ? [] : [validationFindings(validation, options)]),
    ...(drift === undefined ? [] : [driftFindings(drift, options)]),
  ]);
}
