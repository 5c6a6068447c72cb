import { sum } from '../../profile/model/distances.ts';
import { percent } from '../../wording/numbers.ts';
import { quoted } from '../../wording/quote.ts';
import type { Categories } from '../distributions/axis.ts';
import type { MeasuredChange } from './finding.ts';
import { addedLabels } from './new-values.ts';

/** What two texts may differ by and still look like one, with the words that say so; the first that fits is named. */
const SPELLINGS: readonly (readonly [how: string, fold: (text: string) => string])[] = [
  ['in another Unicode normalization', (text) => text.normalize('NFC')],
  ['with other spaces around it', (text) => text.trim()],
  ['in another case', (text) => text.toLowerCase()],
  [
    'in another Unicode normalization, case or with other spaces',
    (text) => text.normalize('NFKC').toLowerCase().trim().replace(/\s+/g, ' '),
  ],
];

/**
 * The share of after's values that before held in another spelling alone, as Unicode's forms of normalization (UAX 15), case
 * and spaces have it. The test is that of new values, of which these are a part.
 * @param news the finding on new values
 */
export function respelledValues(cells: Categories, news: readonly MeasuredChange[]): MeasuredChange[] {
  const test = news.find(({ name }) => name === 'new-category-share')?.test;
  const total = sum(cells.after);
  if (test === undefined || total === 0) return [];
  const known = cells.labels.filter((label, i): label is string => label !== null && cells.before[i]! > 0);
  const folded = SPELLINGS.map(([how, fold]) => ({
    how,
    fold,
    before: new Map(known.map((label) => [fold(label), label])),
  }));
  const found = addedLabels(cells).flatMap((i) => {
    const label = cells.labels[i]!;
    const same = folded.find(({ fold, before }) => before.has(fold(label)));
    return same === undefined ? [] : [{ i, how: same.how, as: same.before.get(same.fold(label))! }];
  });
  if (found.length === 0) return [];
  const share = found.reduce((all, { i }) => all + cells.after[i]!, 0) / total;
  const first = found.reduce((best, each) => (cells.after[each.i]! > cells.after[best.i]! ? each : best));
  const more = found.length > 1 ? `, and ${found.length - 1} more like it` : '';
  return [
    {
      name: 'respelled-share',
      value: share,
      test,
      reason: () =>
        `${percent(share)} of values are spelled in another way: ${quoted(cells.labels[first.i]!)} is ${quoted(first.as)} ${first.how}${more}`,
    },
  ];
}
