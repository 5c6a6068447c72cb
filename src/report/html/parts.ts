import { count } from '../../wording/numbers.ts';
import { markup } from '../markup.ts';
import { brief } from '../neutral.ts';
import type { Grade } from '../phrases.ts';

/** What a page is about; `check` is of schema and drift together. */
export type Check = 'drift' | 'schema' | 'profile' | 'check';

/** Words beside every colour, so that nothing is said by colour alone. */
function gradeWord(grade: Grade, check: Check): string {
  if (grade === 'warn') return 'Warning';
  if (grade === 'good') return check === 'drift' ? 'No drift' : 'Fine';
  return { drift: 'Drift', schema: 'Error', profile: 'Error', check: 'Error or drift' }[check];
}

export function badge(grade: Grade, check: Check, more = ''): string {
  return `<span class="badge ${grade}">${gradeWord(grade, check)}${markup(more)}</span>`;
}

/** An order that the cards can be put in: a `data-` key of theirs, and its direction. */
export interface Order {
  readonly key: string;
  readonly down?: true;
  readonly title: string;
}

/** Search, filter by grade where there are grades, and order; hidden where scripts do not run. */
export function toolbar(orders: readonly Order[], grades: readonly Grade[], check: Check): string {
  const tally = new Map<Grade, number>();
  for (const grade of grades) tally.set(grade, (tally.get(grade) ?? 0) + 1);
  const choice = (value: string, title: string, number: number): string =>
    `<label><input type="radio" name="grade" value="${value}"${value === '' ? ' checked' : ''}><span>${title} <b>${count(number)}</b></span></label>`;
  const choices = (['bad', 'warn', 'good'] as const)
    .filter((grade) => tally.has(grade))
    .map((grade) => choice(grade, gradeWord(grade, check), tally.get(grade)!));
  const filter =
    grades.length === 0
      ? ''
      : `<fieldset><legend class="unseen">Show</legend>${choice('', 'All', grades.length)}${choices.join('')}</fieldset>`;
  const options = orders.map(
    ({ key, down, title }) => `<option value="${key}${down ? ' down' : ''}">${title}</option>`,
  );
  return `<search class="toolbar">
<label class="find"><span class="unseen">Find a feature</span><input id="find" type="search" placeholder="Find a feature   /" autocomplete="off"></label>
${filter}
<label class="order">Order by <select id="order">${options.join('')}</select></label>
<output id="shown" for="find order"></output>
</search>`;
}

/**
 * A table of texts; `figures` says which columns hold figures: the first, or all but the first. Closing tags that HTML
 * lets one leave out (§13.1.2.4) are left out: they would be a third of a page of 2,000 features.
 */
export function table(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  figures: 'first' | 'rest',
): string {
  const head = titles.map((title) => `<th scope="col">${markup(title)}`).join('');
  const body = rows.map((row) => `<tr><td>${row.map(markup).join('<td>')}`).join('');
  return `<table class="${figures}"><thead><tr>${head}<tbody>${body}</table>`;
}

/** Data as text whose direction (Hebrew, Arabic) does not reorder what stands around it. */
export function datum(text: string): string {
  return `<bdi>${markup(text)}</bdi>`;
}

/** The first digits of a digest, after a name; nothing where there is none. */
export function shortDigest(digest: string | undefined): string {
  return digest === undefined ? '' : ` <code>${markup(brief(digest.replace(/^sha256:/, ''), 13))}</code>`;
}
