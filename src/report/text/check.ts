import { brief } from '../../wording/neutral.ts';
import { cut } from '../cells.ts';
import { type CheckedDatasets, changeWords, checkSummary, failureWords } from '../checked.ts';
import type { RenderOptions } from '../format.ts';
import { driftText } from './drift.ts';
import { tonePainter } from './paint.ts';
import { validationText } from './validation.ts';

/** What is said where there is no report. */
const WITHOUT = {
  added: 'nothing to hold it against: no schema',
  modified: 'nothing to hold it against: no schema, no profile in the base',
  renamed: 'the same data; no schema',
  schema: 'the same data',
} as const;

/** Renders a check for a terminal: the answer in one line, then each dataset's reports. */
export function checkText(checked: CheckedDatasets, options: RenderOptions): string {
  const paint = tonePainter(options.color);
  const reports = checked.datasets.flatMap((dataset) => {
    const { path, change, validation, drift, failure } = dataset;
    const words = changeWords(dataset);
    const title = paint(
      'strong',
      cut(`── ${brief(path, 200)}${words === undefined ? '' : `: ${words}`}`, options.width),
    );
    const found = [
      ...(failure === undefined ? [] : [`${paint('bad', failureWords(failure))}\n`]),
      ...(validation === undefined ? [] : [validationText(validation, options)]),
      ...(drift === undefined ? [] : [driftText(drift, options)]),
    ];
    if (found.length > 0 || change === 'removed') return [`${title}\n`, ...found];
    return [`${title}\n`, `${WITHOUT[change]}\n`];
  });
  return [`${paint('strong', checkSummary(checked))}\n`, ...reports].join('\n');
}
