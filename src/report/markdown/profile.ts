import type { Profile } from '../../profile/model/model.ts';
import { brief } from '../../wording/neutral.ts';
import { count, magnitude, percent } from '../../wording/numbers.ts';
import { factsOf } from '../facts.ts';
import type { RenderOptions } from '../format.ts';
import { tableNotes } from '../notes.ts';
import { profileSummary, tableTitle } from '../phrases.ts';
import { Document } from './document.ts';
import { code, plain } from './escape.ts';

/** Renders a profile for a pull request's comment: under 60 KB whatever the profile. */
export function profileMarkdown(profile: Profile, options: RenderOptions): string {
  const document = new Document();
  document.add(`### ${plain(brief(profileSummary(profile, options.name), 400))}\n`);
  const titles = ['feature', 'type', 'missing', 'distinct', 'least', 'median', 'most', 'most frequent'];
  for (const table of profile.tables) {
    if (
      profile.tables.length > 1 &&
      !document.add(`\n#### ${plain(tableTitle(table))} (${count(table.rows)})\n`)
    )
      break;
    const rows = table.features.map((feature) => {
      const facts = factsOf(feature, table);
      const top = facts.top.slice(0, 3).map((one) => `${code(brief(one.value, 40))} ${percent(one.share)}`);
      return [
        code(brief(facts.feature, 120)),
        plain(facts.type),
        percent(facts.missing),
        count(facts.distinct),
        plain(facts.min ?? ''),
        facts.quartiles === null ? '' : magnitude(facts.quartiles[1]),
        plain(facts.max ?? ''),
        top.join(', '),
      ];
    });
    document.table(titles, rows, 200);
    for (const note of tableNotes(table)) document.add(`\n${plain(note)}\n`);
  }
  return document.toString();
}
