import type { Profile } from '../../profile/model/model.ts';
import { brief } from '../../wording/neutral.ts';
import { count, percent } from '../../wording/numbers.ts';
import { factsOf } from '../facts.ts';
import type { RenderOptions } from '../format.ts';
import { tableNotes } from '../notes.ts';
import { briefValues, estimate, profileSummary, tableSize, tableTitle } from '../phrases.ts';
import { Document } from './document.ts';
import { code, plain } from './escape.ts';

/** Renders a profile for a pull request's comment: under 60 KB whatever the profile. */
export function profileMarkdown(profile: Profile, options: RenderOptions): string {
  const document = new Document();
  document.add(`### ${plain(brief(profileSummary(profile, options.name), 400))}\n`);
  const titles = ['feature', 'type', 'missing', 'distinct', 'min', 'median', 'max', 'most frequent'];
  for (const table of profile.tables) {
    if (
      profile.tables.length > 1 &&
      !document.add(`\n#### ${plain(tableTitle(table))} (${tableSize(table)})\n`)
    )
      break;
    const rows = table.features.map((feature) => {
      const facts = factsOf(feature, table);
      const listed = facts.top.slice(0, 3);
      const values = briefValues(
        listed.map(({ value }) => value),
        40,
      );
      const top = listed.map(({ share }, at) => `${code(values[at]!)} ${percent(share)}`);
      return [
        code(brief(facts.feature, 120)),
        plain(facts.type),
        percent(facts.missing),
        estimate(count(facts.distinct), facts.isDistinctExact),
        plain(facts.min ?? ''),
        facts.quartiles === null ? '' : estimate(facts.write(facts.quartiles[1]), facts.areQuartilesExact),
        plain(facts.max ?? ''),
        top.join(', '),
      ];
    });
    document.table(titles, rows, 200);
    for (const note of tableNotes(table)) document.add(`\n${plain(note)}\n`);
  }
  return document.toString();
}
