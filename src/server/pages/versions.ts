import { datum } from '../../report/html/parts.ts';
import { type Markup, markup } from '../../report/markup.ts';
import { counted } from '../../wording/numbers.ts';
import type { BroughtVersion } from '../catalog/dataset-history.ts';
import { unquotedRef } from '../versions/revisions.ts';
import { linkTo } from './links.ts';
import { noDataset } from './page-error.ts';
import { columnTitles, extent, pageNumber, pager, sizeText, subjectLine, when } from './table-parts.ts';
import { SHORT, verdictOfStep } from './verdict.ts';
import type { View, ViewRequest } from './view.ts';

const PER_PAGE = 50;
const TITLES = ['before, after', 'version', 'when', 'by', 'holds', 'size', 'against the one before'];

/** The versions of a dataset over Git's history, newest first, any two of which can be chosen and compared. */
export async function versionsView(asked: ViewRequest): Promise<View> {
  const { place, path } = asked;
  const changes = (await place.catalog.historyAt(place.revision.commit)).of(path);
  if (changes.length === 0) throw noDataset(path, place.at);
  return {
    title: `${path}: versions`,
    dataset: path,
    content: content(asked, markup`${datum(path)}: ${counted(changes.length, 'version')}`),
  };
}

async function* content(asked: ViewRequest, answer: Markup): AsyncGenerator<Markup> {
  const { place, path, query } = asked;
  const { catalog, revision } = place;
  const history = await catalog.historyAt(revision.commit);
  const changes = history.of(path);
  const first = (pageNumber(query) - 1) * PER_PAGE;
  yield markup`<header class="top"><h1>${answer}</h1><p>Over the history of ${datum(unquotedRef(place.at))}, newest first. <a href="${linkTo(place, 'revisions', path)}">Other branches and tags</a></p></header>
<main id="main">
<form class="log" action="${linkTo(place, 'drift', path)}"><table>${columnTitles(TITLES, ['holds', 'size'])}<tbody>`;
  // The one more is what the last of the page is compared with.
  const versions = await history.read(changes.slice(first, first + PER_PAGE + 1));
  const schema = await catalog.schemas.readable(revision.commit, path);
  for (const [at, one] of versions.slice(0, PER_PAGE).entries()) {
    const before = versions[at + 1];
    const verdict = await verdictOfStep(place, {
      path,
      after: { ...one.version, commit: one.commit },
      before: before && { ...before.version, commit: before.commit },
      schema,
    });
    yield row(asked, one, at, verdict);
  }
  yield markup`</table>
${versions.length > 1 ? markup`<p class="act"><button>Compare the chosen two</button></p>` : ''}</form>
${pager(asked, 'versions', first + PER_PAGE < changes.length)}</main>`;
}

function row({ place, path }: ViewRequest, one: BroughtVersion, at: number, verdict: Markup): Markup {
  const id = one.commit.slice(0, SHORT);
  const radio = (side: 'before' | 'after', isChosen: boolean): Markup =>
    markup`<input type="radio" name="${side}" value="${id}" aria-label="${side}: ${id}"${isChosen ? ' checked' : ''}>`;
  const href = linkTo({ ...place, at: id }, 'profile', path);
  const { version } = one;
  return markup`<tr><td class="choose">${radio('before', at === 1)}${radio('after', at === 0)}<th scope="row"><a href="${href}"><code>${id}</code></a> <small>${subjectLine(one.subject)}</small><td class="when">${when(one.date)}<td>${datum(one.author)}<td class="figure">${extent(version)}<td class="figure">${sizeText(version)}<td>${verdict}
`;
}
