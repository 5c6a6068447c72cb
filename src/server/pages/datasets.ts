import { datum } from '../../report/html/parts.ts';
import { type Markup, markup } from '../../report/markup.ts';
import { count, counted } from '../../wording/numbers.ts';
import { unquotedRef } from '../versions/revisions.ts';
import { linkTo } from './links.ts';
import { columnTitles, extent, pageNumber, pager, sizeText, subjectLine, when } from './table-parts.ts';
import { verdictOfStep } from './verdict.ts';
import type { View, ViewRequest } from './view.ts';

const PER_PAGE = 200;
const TITLES = ['dataset', 'holds', 'size', 'versions', 'last changed', 'by', 'against the one before'];

/** Every dataset of a revision, with what happened to it last. */
export async function datasetsView(asked: ViewRequest): Promise<View> {
  return { title: `${asked.place.bucket}: datasets`, content: content(asked) };
}

/** What is around the page is on its way before Git is asked. */
async function* content(asked: ViewRequest): AsyncGenerator<Markup> {
  const { place, query } = asked;
  const { catalog, revision } = place;
  const datasets = await catalog.datasetsAt(revision.commit);
  const bytes = datasets.reduce((sum, dataset) => sum + dataset.bytes, 0);
  const answer = markup`${counted(datasets.length, 'dataset')}, ${sizeText({ bytes })}`;
  const first = (pageNumber(query) - 1) * PER_PAGE;
  const shown = datasets.slice(first, first + PER_PAGE);
  yield markup`<header class="top"><h1>${answer}</h1><p>As ${datum(unquotedRef(place.at))} has them. <a href="${linkTo(place, 'revisions')}">Other branches and tags</a></p></header>
<main id="main">
`;
  if (shown.length === 0) {
    yield markup`<p class="empty">There is no dataset here. <code>varve add</code> makes one, and a commit shows it.</p></main>`;
    return;
  }
  yield markup`<table class="list">${columnTitles(TITLES, ['holds', 'size', 'versions'])}<tbody>`;
  const history = await catalog.historyAt(revision.commit);
  const earlier = shown.flatMap(({ path }) => history.of(path).slice(1, 2));
  const before = new Map((await history.read(earlier)).map((one) => [one.path, one]));
  for (const dataset of shown) {
    const { path } = dataset;
    const changes = history.of(path);
    const [last] = changes;
    const previous = before.get(path);
    const schema = await catalog.schemas.readable(revision.commit, path);
    const verdict = await verdictOfStep(place, {
      path,
      after: { ...dataset, commit: last?.commit ?? revision.commit },
      before: previous && { ...previous.version, commit: previous.commit },
      schema,
    });
    yield markup`<tr><th scope="row"><a href="${linkTo(place, 'versions', path)}">${datum(path)}</a><td class="figure">${extent(dataset)}<td class="figure">${sizeText(dataset)}<td class="figure">${count(changes.length)}<td class="subject">${last === undefined ? '' : markup`${when(last.date)} <small class="said">${subjectLine(last.subject)}</small>`}<td>${datum(last?.author ?? '')}<td>${verdict}
`;
  }
  yield markup`</table>${pager(asked, 'datasets', first + PER_PAGE < datasets.length)}
${datasets.length > PER_PAGE ? markup`<p class="note">${count(first + 1)} to ${count(first + shown.length)} of ${count(datasets.length)}</p>` : ''}</main>`;
}
