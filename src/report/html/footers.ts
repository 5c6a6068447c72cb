import type { FooterColumn, FooterStatistics, FooterTable } from '../../profile/footers/model.ts';
import { featureName } from '../../profile/model/feature-name.ts';
import { brief } from '../../wording/neutral.ts';
import { counted, percent } from '../../wording/numbers.ts';
import type { RenderOptions } from '../format.ts';
import { type Markup, markup, NO_MARKUP } from '../markup.ts';
import { featureTitle, footersMeaning, footersSummary } from '../phrases.ts';
import { strata } from './charts/strata.ts';
import { datum, type Order, withCommands } from './parts.ts';
import { sectionPage, type Titled } from './section.ts';

const ORDERS: readonly Order[] = [
  { key: 'place', title: 'place in the data' },
  { key: 'name', title: 'name' },
  { key: 'type', title: 'type' },
  { key: 'missing', down: true, title: 'missing values' },
];

/** One column. */
interface Shown {
  readonly name: string;
  readonly column: FooterColumn;
  /** The share of rows without a value; undefined where it is not known. */
  readonly missing: number | undefined;
}

/** The page for people: what is known without a row having been read, and of each column what is not. */
export function footersPage(statistics: FooterStatistics, options: RenderOptions): string {
  return sectionPage(titledFooters(statistics, options));
}

export function titledFooters(
  statistics: FooterStatistics,
  { name = 'Profile' }: Pick<RenderOptions, 'name'>,
): Titled {
  const { tables } = statistics;
  const columns = tables.flatMap((table) => shownColumns(table, tables.length > 1));
  const section = {
    check: 'profile' as const,
    answer: markup`${brief(footersSummary(statistics, undefined), 400)}`,
    head: markup`<dl class="sides"><div class="after"><dt>data</dt><dd>${datum(brief(name, 200))}</dd></div></dl>
<p class="note">${withCommands(footersMeaning(statistics))}</p>
${completeness(columns)}`,
    cards: columns.map(card),
    grades: [],
    empty: 'There are no columns.',
  };
  return { title: `Profile: ${brief(name, 100)}`, section, orders: ORDERS };
}

function shownColumns({ name, rows, columns }: FooterTable, isNamed: boolean): Shown[] {
  const table = isNamed ? brief(name, 200) : '';
  return columns.map((column) => ({
    name: featureTitle({ table, feature: featureName(column.path) }),
    column,
    missing: column.nulls === undefined ? undefined : rows === 0 ? 0 : column.nulls / rows,
  }));
}

function completeness(columns: readonly Shown[]): Markup {
  const layers = columns.flatMap(({ name, missing }, place) =>
    missing === undefined
      ? []
      : [
          {
            name,
            title: `${name}: ${missing === 0 ? 'in every row' : `missing in ${percent(missing)} of rows`}`,
            id: `f${place}`,
            height: 1 - missing,
            tone: missing > 0.5 ? 'warn' : 'plain',
          },
        ],
  );
  const unknown = columns.length - layers.length;
  const rest = unknown === 0 ? '' : ` Of ${counted(unknown, 'column')} it is not known.`;
  if (layers.length === 0) return NO_MARKUP;
  return strata(
    layers,
    `The share of rows that have each column, from none to all, in the order of the data; amber where fewer than half do.${rest}`,
  );
}

const UNKNOWN = markup`<em>not known</em>`;

function card({ name, column, missing }: Shown, place: number): Markup {
  const { type, min, max } = column;
  const keys = markup`data-place="${place}" data-name="${name.toLowerCase()}" data-type="${type}" data-missing="${missing ?? -1}"`;
  const hasValues = missing !== 1;
  const bound = (text: string | undefined): Markup =>
    text === undefined ? UNKNOWN : datum(brief(text, 120));
  const facts = [
    fact('missing', missing === undefined ? UNKNOWN : markup`${percent(missing)}`),
    ...(hasValues ? [fact('no less than', bound(min)), fact('no more than', bound(max))] : []),
  ];
  return markup`<article class="card" id="f${place}" data-find="${`${name} ${type}`.toLowerCase()}" ${keys}>
<header><h3>${datum(name)}</h3><span class="type">${brief(type, 60)}</span></header>
${hasValues ? '' : markup`<p class="note">Nothing but nulls.</p>\n`}<div class="facts"><dl>${facts}</dl></div>
</article>`;
}

function fact(word: string, value: Markup): Markup {
  return markup`<div><dt>${word}</dt><dd>${value}</dd></div>`;
}
