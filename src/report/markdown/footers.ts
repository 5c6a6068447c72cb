import type { FooterStatistics } from '../../profile/footers/model.ts';
import { featureName } from '../../profile/model/feature-name.ts';
import { brief } from '../../wording/neutral.ts';
import { counted, percent } from '../../wording/numbers.ts';
import type { RenderOptions } from '../format.ts';
import { footersMeaning, footersSummary } from '../phrases.ts';
import { Document } from './document.ts';
import { code, plain } from './escape.ts';

/** Renders for a pull request's comment what footers say: under 60 KB whatever that is. */
export function footersMarkdown(statistics: FooterStatistics, { name }: RenderOptions): string {
  const document = new Document();
  document.add(`### ${plain(brief(footersSummary(statistics, name), 400))}\n`);
  document.add(`\n${plain(footersMeaning(statistics))}\n`);
  const titles = ['column', 'type', 'missing', 'no less than', 'no more than'];
  for (const table of statistics.tables) {
    const title = `\n#### ${plain(brief(table.name || 'rows', 200))} (${counted(table.rows, 'row')})\n`;
    if (statistics.tables.length > 1 && !document.add(title)) break;
    const rows = table.columns.map(({ path, type, nulls, min, max }) => [
      code(brief(featureName(path), 120)),
      plain(type),
      nulls === undefined ? '?' : percent(table.rows === 0 ? 0 : nulls / table.rows),
      ...[min, max].map((bound) => (bound === undefined ? '' : code(brief(bound, 120)))),
    ]);
    document.table(titles, rows, 200);
  }
  return document.toString();
}
