import type { VersionFacts } from '../../operations/backend/version.ts';
import { knownBy } from '../../profile/footers/model.ts';
import { datum } from '../../report/html/parts.ts';
import { type Markup, markup, NO_MARKUP } from '../../report/markup.ts';
import { byWhom } from '../../wording/known-by.ts';
import { brief } from '../../wording/neutral.ts';
import { byteSize, counted } from '../../wording/numbers.ts';
import { linkTo, type PageName } from './links.ts';
import type { ViewRequest } from './view.ts';

/** Titles of columns, those of figures to the right; '' for one that needs none. */
export function columnTitles(titles: readonly string[], figures: readonly string[] = []): Markup {
  const cells = titles.map((title) => {
    if (title === '') return markup`<td>`;
    return markup`<th scope="col"${figures.includes(title) ? markup` class="figure"` : ''}>${title}`;
  });
  return markup`<thead><tr>${cells}</thead>`;
}

/** A date of Git to the minute, as its author's clock showed it. */
export function when(date: string): Markup {
  return markup`<time datetime="${date}">${date.slice(0, 16).replace('T', ' ')}</time>`;
}

/** What a commit said, cut. */
export function subjectLine(subject: string): Markup {
  return datum(brief(subject, 120) || '(no message)');
}

/** How much a version holds: rows where it has tables, else files. */
export function extent(version: VersionFacts): string {
  const { kind, rows, files } = version;
  if (rows !== undefined) return `${counted(rows, 'row')}${byWhom(knownBy(version))}`;
  return kind === 'directory' ? counted(files, 'file') : NONE;
}

/** Stands where there is nothing. */
export const NONE = '–';

export function sizeText({ bytes }: Pick<VersionFacts, 'bytes'>): string {
  return byteSize(bytes);
}

/** The number of the page that is asked for, from 1. */
export function pageNumber(query: URLSearchParams): number {
  const text = query.get('page') ?? '1';
  return /^[1-9][0-9]{0,5}$/.test(text) ? Number(text) : 1;
}

/** Links to the page before and the one behind. */
export function pager({ place, path, query }: ViewRequest, page: PageName, hasNext: boolean): Markup {
  const number = pageNumber(query);
  const link = (to: number, text: string, rel: string): Markup => {
    const others = Object.fromEntries([...query].filter(([name]) => name !== 'page'));
    const href = linkTo(place, page, path, { ...others, ...(to > 1 && { page: String(to) }) });
    return markup`<a href="${href}" rel="${rel}">${text}</a>`;
  };
  if (number === 1 && !hasNext) return NO_MARKUP;
  return markup`<nav class="pages" aria-label="Pages">${number > 1 ? link(number - 1, '← before', 'prev') : ''}${hasNext ? link(number + 1, 'more →', 'next') : ''}</nav>`;
}
