import { page } from '../../report/html/page.ts';
import { badge, datum, table } from '../../report/html/parts.ts';
import { type Markup, markup, NO_MARKUP, separated } from '../../report/markup.ts';
import { gradeOf } from '../../report/phrases.ts';
import { brief } from '../../wording/neutral.ts';
import { count, counted } from '../../wording/numbers.ts';
import type { ComparedWindow } from './state.ts';
import type { ObservedSummary } from './summary.ts';

const MAX_WINDOWS = 50;

/** The page of all observed datasets: what the last window of each says. */
export function overviewPage(datasets: readonly ObservedSummary[]): string {
  const rows = datasets.map(
    (one) => markup`<tr><th scope="row"><a href="${addressOf(one)}">${datum(brief(one.name, 100))}</a>
<td>${verdictOf(one.windows[0])}<td>${datum(brief(one.windows[0]?.summary ?? nothingYet(one), 300))}<td>${timeOf(one.windows[0]?.until)}`,
  );
  const drifted = datasets.filter(({ windows }) => windows[0]?.verdict === 'drift').length;
  const answer = `${drifted} of ${counted(datasets.length, 'observed dataset')} drifted`;
  const list = markup`<div class="steps"><table class="none datasets"><thead><tr><th scope="col">dataset<th scope="col">verdict<th scope="col">last window<th scope="col">closed<tbody>
${separated(rows)}</table></div>`;
  return page(
    'Observed',
    frame(
      answer,
      markup`${datasets.length === 0 ? markup`<p class="empty">No dataset is observed. Start the server with --observe DATASET.</p>` : list}`,
    ),
  );
}

/** The page of one observed dataset: its windows, newest first, and what was counted. */
export function observedPage(summary: ObservedSummary): string {
  const { name, against, windows, totals, open, problems } = summary;
  const last = windows[0];
  const facts = table(
    ['counted', 'number'],
    Object.entries(totals).map(([key, value]) => [key, count(value)]),
    'rest',
  );
  const body = markup`<p class="note">Held against ${datum(against)}, in windows of ${windowWords(summary)}. ${openWords(open)} <a href="/v1/observe">All datasets</a>${last === undefined ? NO_MARKUP : markup` · <a href="${addressOf(summary)}?report">All features of the last window</a>`}</p>
<main>
<h2>Windows</h2>
${windows.length === 0 ? markup`<p class="empty">None was compared yet.</p>` : windowList(windows)}
<h2>Since the state was made</h2>
${facts}
${problems.length === 0 ? NO_MARKUP : markup`<h2>Last problems</h2>\n<ul class="reasons">${problems.map((one) => markup`<li>${timeOf(one.time)} ${datum(brief(one.message, 500))}</li>`)}</ul>`}
</main>`;
  const answer =
    last === undefined
      ? markup`${brief(name, 200)}: ${nothingYet(summary)}`
      : markup`${verdictOf(last)} ${brief(name, 200)}: ${brief(last.summary, 300)}`;
  return page(`Observed: ${brief(name, 100)}`, frame(answer, body));
}

function frame(answer: string | Markup, body: Markup): Markup {
  return markup`<header class="top">
<p class="kicker">varve <span>observed</span></p>
<h1>${answer}</h1>
</header>
${body}`;
}

function windowList(windows: readonly ComparedWindow[]): Markup {
  const rows = windows
    .slice(0, MAX_WINDOWS)
    .map(
      (one) =>
        markup`<tr><td>${verdictOf(one)}<td>${count(one.window)}<td>${timeOf(one.until)}<td>${count(one.rows)}<td>${count(one.anomalies)}<td>${one.features
          .slice(0, 5)
          .map(({ feature }, at) => markup`${at === 0 ? '' : ', '}${datum(brief(feature, 60))}`)}`,
    );
  return markup`<div class="steps"><table class="none"><thead><tr><th scope="col">verdict<th scope="col">window<th scope="col">closed<th scope="col">rows<th scope="col">anomalies<th scope="col">changed most<tbody>
${separated(rows)}</table></div>`;
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
  return `/v1/observe/${name.split('/').map(encodeURIComponent).join('/')}`;
}
