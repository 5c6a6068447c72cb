import { brief } from '../../wording/neutral.ts';
import { cut, wrapped } from '../cells.ts';
import {
  type CheckedCell,
  type CheckedDatasets,
  changeWords,
  checkedRow,
  checkSummary,
  type DatasetReport,
  failureWords,
  originSides,
} from '../checked.ts';
import type { RenderOptions } from '../format.ts';
import { type Cell, columns } from './columns.ts';
import { driftText } from './drift.ts';
import { MARKS, type PaintTone, tonePainter } from './paint.ts';
import { validationText } from './validation.ts';

/** What is said where there is no report. */
const WITHOUT = {
  added: 'nothing to hold it against: no schema',
  modified: 'nothing to hold it against: no schema, no profile in the base',
  renamed: 'the same data; no schema',
  schema: 'the same data',
  origin: 'the same data',
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
    const head = [`${title}\n`, ...originText(dataset)];
    const found = [
      ...(failure === undefined ? [] : [`${paint('bad', failureWords(failure))}\n`]),
      ...(validation === undefined ? [] : [validationText(validation, options)]),
      ...(drift === undefined ? [] : [driftText(drift, options)]),
    ];
    if (found.length > 0 || change === 'removed') return [...head, ...found];
    return [...head, `${WITHOUT[change]}\n`];
  });
  const answer = wrapped(checkSummary(checked), options.width, '').map((line) => paint('strong', line));
  const summary = checked.datasets.length > 1 ? ['', ...table(checked, options.width, paint)] : [];
  return [`${[...answer, ...summary].join('\n')}\n`, ...reports].join('\n');
}

/** Where the data comes from, if the base has it from elsewhere. */
function originText(dataset: DatasetReport): string[] {
  const sides = originSides(dataset);
  if (sides === undefined) return [];
  const earlier = sides.before === undefined ? '' : `- from ${sides.before}\n`;
  return [`${earlier}+ from ${sides.now}\n`];
}

/** A line a dataset, the answer to each at a glance. */
function table({ datasets }: CheckedDatasets, width: number, paint: PaintTone): string[] {
  const spec = [
    { title: 'dataset', names: true as const },
    { title: 'change' },
    { title: 'schema' },
    { title: 'drift', wrap: true as const },
  ];
  const cell = ({ text, grade }: CheckedCell): Cell =>
    grade === undefined ? { text } : { text: `${MARKS[grade]} ${text}`, tone: grade };
  const rows = datasets.map((dataset) => {
    const { path, change, schema, drift } = checkedRow(dataset);
    return [{ text: path }, { text: change }, cell(schema), cell(drift)];
  });
  return columns(spec, rows, width, paint);
}
