import { brief } from '../../wording/neutral.ts';
import { count } from '../../wording/numbers.ts';
import { type Markup, markup, NO_MARKUP, separated } from '../markup.ts';
import type { Grade } from '../phrases.ts';

/** The subject of a page; `check` is of schema and drift together. */
export type Check = 'drift' | 'schema' | 'profile' | 'check';

/** Words beside every colour, so that nothing is said by colour alone. */
function gradeWord(grade: Grade, check: Check): string {
  if (grade === 'warn') return 'Warning';
  if (grade === 'good') return check === 'drift' ? 'No drift' : 'Fine';
  return { drift: 'Drift', schema: 'Error', profile: 'Error', check: 'Error or drift' }[check];
}

export function badge(grade: Grade, check: Check, more = ''): Markup {
  return markup`<span class="badge ${grade}">${gradeWord(grade, check)}${more}</span>`;
}

/** An order that the cards can be put in: a `data-` key of theirs, and its direction. */
export interface Order {
  readonly key: string;
  readonly down?: true;
  readonly title: string;
}

/** Search, filter by grade if there are grades, and order; hidden where scripts do not run. */
export function toolbar(orders: readonly Order[], grades: readonly Grade[], check: Check): Markup {
  const found = new Map<Grade, number>();
  for (const grade of grades) found.set(grade, (found.get(grade) ?? 0) + 1);
  const choice = (value: string, title: string, number: number): Markup =>
    markup`<label><input type="radio" name="grade" value="${value}"${value === '' ? ' checked' : ''}><span>${title} <b>${count(number)}</b></span></label>`;
  const choices = (['bad', 'warn', 'good'] as const)
    .filter((grade) => found.has(grade))
    .map((grade) => choice(grade, gradeWord(grade, check), found.get(grade)!));
  const filter =
    grades.length === 0
      ? ''
      : markup`<fieldset><legend class="unseen">Show</legend>${choice('', 'All', grades.length)}${choices}</fieldset>`;
  const options = orders.map(
    ({ key, down, title }) => markup`<option value="${key}${down ? ' down' : ''}">${title}</option>`,
  );
  return markup`<search class="toolbar">
<label class="find"><span class="unseen">Find a feature</span><input id="find" type="search" placeholder="Find a feature   /" autocomplete="off"></label>
${filter}
<label class="order">Order by <select id="order">${options}</select></label>
<output id="shown" for="find order"></output>
</search>`;
}

/**
 * A table of texts; `figures` says which columns hold figures: all but the first, or none. Closing tags that HTML
 * lets one leave out (§13.1.2.4) are left out: they would be a third of a page of 2,000 features.
 */
export function table(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  figures: 'rest' | 'none',
): Markup {
  const head = titles.map((title) => markup`<th scope="col">${title}`);
  const body = rows.map((row) => markup`<tr>${row.map((cell) => markup`<td>${cell}`)}`);
  return markup`<table class="${figures}"><thead><tr>${head}<tbody>${body}</table>`;
}

/** Names up to this length fit on a line nearly everywhere. */
const MAX_UNBROKEN = 24;

/** Data as text whose direction (Hebrew, Arabic) does not reorder what stands around it. A long name may break behind its marks, not amid a word. */
export function datum(text: string): Markup {
  const words = text.length > MAX_UNBROKEN ? text.split(/(?<=[_./-])(?=[^_./-])/) : [text];
  return markup`<bdi>${separated(words, markup`<wbr>`)}</bdi>`;
}

const RIGHT_TO_LEFT =
  '[\\p{Script=Arabic}\\p{Script=Hebrew}\\p{Script=Syriac}\\p{Script=Thaana}\\p{Script=Nko}\\p{M}]+';
/** Words of one direction: a list has more between its values than a space. */
const RUN = new RegExp(`(${RIGHT_TO_LEFT}(?: ${RIGHT_TO_LEFT})*)`, 'u');

/** A sentence with values of the data in it, which keeps its order whatever their direction. */
export function sentence(text: string): Markup {
  return markup`${text.split(RUN).map((part, at) => (at % 2 === 1 ? markup`<bdi>${part}</bdi>` : part))}`;
}

/** The first digits of a digest, after a name; nothing if there is none. */
export function shortDigest(digest: string | undefined): Markup {
  return digest === undefined
    ? NO_MARKUP
    : markup` <code>${brief(digest.replace(/^sha256:/, ''), 13)}</code>`;
}

/** A sentence whose commands stand in backticks. */
export function withCommands(text: string): Markup[] {
  return text.split('`').map((part, at) => (at % 2 === 0 ? markup`${part}` : markup`<code>${part}</code>`));
}
