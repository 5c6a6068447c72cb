import type { FooterStatistics, FooterTable } from '../../profile/footers/model.ts';
import { featureName } from '../../profile/model/feature-name.ts';
import { brief, neutral } from '../../wording/neutral.ts';
import { counted, percent } from '../../wording/numbers.ts';
import { wrapped } from '../cells.ts';
import type { RenderOptions } from '../format.ts';
import { footersMeaning, footersSummary } from '../phrases.ts';
import { columns } from './columns.ts';
import { tonePainter } from './paint.ts';

/** Cells of a bound. */
const EXTREME = 26;

/** Renders for a terminal what footers say, and what they do not. */
export function footersText(statistics: FooterStatistics, { color, width, name }: RenderOptions): string {
  const paint = tonePainter(color);
  const head = wrapped(footersSummary(statistics, name), width, '').map((line) => paint('strong', line));
  const note = wrapped(footersMeaning(statistics), width, '').map((line) => paint('warn', line));
  const isNamed = statistics.tables.length > 1;
  const spec = [
    { title: 'column', names: true as const },
    { title: 'type' },
    { title: 'missing', align: 'right' as const },
    { title: 'no less than', align: 'right' as const, max: EXTREME },
    { title: 'no more than', align: 'right' as const, max: EXTREME },
  ];
  const body = statistics.tables.flatMap((table) => [
    '',
    ...(isNamed ? [paint('strong', tableHead(table))] : []),
    ...columns(spec, rowsOf(table), width, paint),
  ]);
  return `${[...head, ...note, ...body].join('\n')}\n`;
}

function tableHead({ name, rows }: FooterTable): string {
  return `${brief(name || 'rows', 200)} (${counted(rows, 'row')})`;
}

function rowsOf({ rows, columns: all }: FooterTable) {
  return all.map(({ path, type, nulls, min, max }) => [
    { text: brief(featureName(path), 120) },
    { text: neutral(type), tone: 'dim' as const },
    { text: nulls === undefined ? '?' : nulls === 0 ? '' : percent(nulls / rows) },
    { text: brief(min ?? '', 120) },
    { text: brief(max ?? '', 120) },
  ]);
}
