import { badge, datum } from '../../report/html/parts.ts';
import { anchor, SITE_END, type SiteLink, siteContent, siteHead } from '../../report/html/site.ts';
import { type Markup, markup, NO_MARKUP } from '../../report/markup.ts';
import { gradeOf } from '../../report/phrases.ts';
import { brief } from '../../wording/neutral.ts';
import { count, counted } from '../../wording/numbers.ts';
import { HOME } from '../pages/links.ts';
import { columnTitles } from '../pages/table-parts.ts';
import type { ComparedWindow } from './state.ts';
import type { ObservedSummary } from './summary.ts';

const MAX_WINDOWS = 50;
const OVERVIEW = '/v1/observe';

/** The page of all observed datasets: what the last window of each says. */
export function overviewPage(datasets: readonly ObservedSummary[]): string {
  const rows = datasets.map((one) => {
    const { name, windows } = one;
    const link = anchor({ text: brief(name, 100), href: addressOf(one) });
    return markup`<tr><th scope="row">${link}<td>${verdictOf(windows[0])}<td class="full">${datum(brief(windows[0]?.summary ?? nothingYet(one), 300))}<td class="when">${timeOf(windows[0]?.until)}
`;
  });
  const drifted = datasets.filter(({ windows }) => windows[0]?.verdict === 'drift').length;
  const list = markup`<table class="list">${columnTitles(['dataset', 'verdict', 'last window', 'closed (UTC)'])}<tbody>${rows}</table>`;
  return page(
    'Observed',
    [],
    markup`${drifted} of ${counted(datasets.length, 'observed dataset')} drifted`,
    NO_MARKUP,
    datasets.length === 0
      ? markup`<p class="empty">No dataset is observed. Start the server with --observe DATASET.</p>`
      : list,
  );
}

/** The page of one observed dataset: its windows, newest first, and what was counted. */
export function observedPage(summary: ObservedSummary): string {
  const { name, against, windows, totals, open, problems } = summary;
  const last = windows[0];
  const facts = Object.entries(totals).map(
    ([key, value]) => markup`<tr><th scope="row">${key}<td class="figure">${count(value)}
`,
  );
  const report = markup` <a href="${addressOf(summary)}?report">All features of the last window</a>`;
  return page(
    `Observed: ${brief(name, 100)}`,
    [{ text: brief(name, 100), href: addressOf(summary) }],
    last === undefined
      ? markup`${brief(name, 200)}: ${nothingYet(summary)}`
      : markup`${verdictOf(last)} ${brief(name, 200)}: ${brief(last.summary, 300)}`,
    markup`<p>Held against ${datum(against)}, in windows of ${windowWords(summary)}. ${openWords(open)}${last === undefined ? NO_MARKUP : report}</p>`,
    markup`<h2>Windows</h2>
${windows.length === 0 ? markup`<p class="empty">None was compared yet.</p>` : windowList(windows)}
<h2>Since the state was made</h2>
<table class="list">${columnTitles(['counted', 'number'], ['number'])}<tbody>${facts}</table>
${problems.length === 0 ? NO_MARKUP : markup`<h2>Last problems</h2>\n<ul class="reasons">${problems.map((one) => markup`<li>${timeOf(one.time)} ${datum(brief(one.message, 500))}</li>`)}</ul>`}`,
  );
}

function page(title: string, trail: readonly SiteLink[], answer: Markup, head: Markup, main: Markup): string {
  const steps = [{ text: 'varve', href: HOME }, { text: 'observed', href: OVERVIEW }, ...trail];
  const frame = siteHead({ title: `${title} · varve`, trail: steps, views: [] });
  return frame + siteContent(answer, head, main).toString() + SITE_END;
}

function windowList(windows: readonly ComparedWindow[]): Markup {
  const rows = windows.slice(0, MAX_WINDOWS).map((one) => {
    const changed = one.features
      .slice(0, 5)
      .map(({ feature }, at) => markup`${at === 0 ? '' : ', '}${datum(brief(feature, 60))}`);
    return markup`<tr><th scope="row">${count(one.window)}<td>${verdictOf(one)}<td class="when">${timeOf(one.until)}<td class="figure">${counted(one.rows, 'row')}<td class="figure">${counted(one.anomalies, 'anomaly', 'anomalies')}<td class="full">${changed}
`;
  });
  const titles = ['window', 'verdict', 'closed (UTC)', 'holds', 'against the schema', 'changed most'];
  return markup`<table class="list">${columnTitles(titles, ['holds', 'against the schema'])}<tbody>${rows}</table>`;
}

function verdictOf(window: ComparedWindow | undefined): Markup {
  return window === undefined ? NO_MARKUP : badge(gradeOf(window.verdict), 'drift');
}

function timeOf(iso: string | undefined): Markup {
  if (iso === undefined) return NO_MARKUP;
  return markup`<time datetime="${iso}">${`${iso.slice(0, 10)}\u00a0${iso.slice(11, 16)}`}</time>`;
}

function nothingYet({ open }: ObservedSummary): string {
  return open === null ? 'no row came yet' : `${counted(open.rows, 'row')} in the first window`;
}

function windowWords({ window }: ObservedSummary): string {
  return window.endsWith('m')
    ? counted(Number(window.slice(0, -1)), 'minute')
    : counted(Number(window), 'row');
}

function openWords(open: ObservedSummary['open']): string {
  if (open === null) return 'No window is open.';
  const forms = open.envelopes.length === 0 ? '' : `, as ${open.envelopes.join(' and ')}`;
  return `The open window has ${counted(open.rows, 'row')}${forms}.`;
}

function addressOf({ name }: ObservedSummary): string {
  return `${OVERVIEW}/${name.split('/').map(encodeURIComponent).join('/')}`;
}
