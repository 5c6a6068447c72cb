import { brief } from '../../wording/neutral.ts';
import { cut } from '../cells.ts';
import { type CheckedDatasets, checkSummary } from '../checked.ts';
import type { RenderOptions } from '../format.ts';
import { driftText } from './drift.ts';
import { tonePainter } from './paint.ts';
import { validationText } from './validation.ts';

/** Renders a check for a terminal: the answer in one line, then each dataset's reports. */
export function checkText(checked: CheckedDatasets, options: RenderOptions): string {
  const paint = tonePainter(options.color);
  const reports = checked.datasets.flatMap(({ path, validation, drift }) => {
    const title = paint('strong', cut(`── ${brief(path, 200)}`, options.width));
    const found = [
      ...(validation === undefined ? [] : [validationText(validation, options)]),
      ...(drift === undefined ? [] : [driftText(drift, options)]),
    ];
    return [
      `${title}\n`,
      ...(found.length > 0 ? found : ['nothing to hold it against: no schema, no profile in the base\n']),
    ];
  });
  return [`${paint('strong', checkSummary(checked))}\n`, ...reports].join('\n');
}
