import { featureName } from '../profile/model/feature-name.ts';
import type { FeatureProfile, TableProfile } from '../profile/model/model.ts';
import { brief, neutral } from '../wording/neutral.ts';
import { counted } from '../wording/numbers.ts';
import { optionWord } from '../wording/quote.ts';

/** What the figures of a table do not tell: how it was read, in sentences. Neutral. */
export function tableNotes(table: TableProfile): string[] {
  const { apart, skippedLines } = table;
  return [
    ...(apart === undefined ? [] : [`Apart from ${apart.from}: ${apart.because}.`]),
    ...(skippedLines === undefined ? [] : [`${counted(skippedLines, 'line')} before the header left out.`]),
    ...table.features.flatMap(dateNote),
  ].map((note) => brief(neutral(note), 400));
}

function dateNote({ type, path, dateFormats }: FeatureProfile): string[] {
  if (type !== 'string' || dateFormats === undefined) return [];
  const name = featureName(path);
  const [first, ...others] = dateFormats;
  if (first === undefined)
    return [`${name} is text: its dates are written in different ways, so that no format fits all.`];
  if (others.length === 0) return [];
  const option = optionWord('date-format', `${name}=${first}`);
  return [
    `${name} is text: its dates fit ${dateFormats.join(' and ')}. Say which it is by ${option}, or by type and timeFormat in the schema.`,
  ];
}
