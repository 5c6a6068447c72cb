import { type Markup, markup, separated } from '../markup.ts';
import type { Grade } from '../phrases.ts';
import { page } from './page.ts';
import { type Check, type Order, toolbar } from './parts.ts';

/** One report as parts of a page. */
export interface Section {
  /** Where links lead, if there are any. */
  readonly id?: string;
  readonly check: Check;
  /** The answer in one line. */
  readonly answer: Markup;
  /** What it is of, and all of it at a glance. */
  readonly head: Markup;
  readonly cards: readonly Markup[];
  /** If the cards are bodies of one table, the titles of its columns. */
  readonly titles?: readonly string[];
  /** Of the cards, where they have one. */
  readonly grades: readonly Grade[];
  /** What stands if there are no cards. */
  readonly empty: string;
}

/** One report as a page of its own may show it. */
export interface Titled {
  readonly title: string;
  readonly section: Section;
  readonly orders: readonly Order[];
}

/** The page of one report. */
export function sectionPage({ title, section, orders }: Titled): string {
  const body = markup`<header class="top">
<p class="kicker">varve <span>${section.check}</span></p>
<h1>${section.answer}</h1>
${section.head}
</header>
<main>
${sectionCards(section, orders)}
</main>`;
  return page(title, body);
}

/** All of a report below its head, under a search of its own. */
export function sectionCards(section: Section, orders: readonly Order[]): Markup {
  return markup`<h2 class="unseen">Features</h2>
${section.cards.length === 0 ? '' : toolbar(orders, section.grades, section.check)}
${cardsOf(section)}`;
}

/** The page of several reports: an answer for all, a summary, then each with its own, under one search and filter. */
export function sectionsPage(
  title: string,
  answer: Markup,
  summary: Markup,
  sections: readonly Section[],
): string {
  const grades = sections.flatMap((section) => section.grades);
  const orders = [
    { key: 'place', title: 'gravity' },
    { key: 'name', title: 'name' },
  ];
  const bodies = sections.map(
    (section) => markup`<section class="top"${section.id === undefined ? '' : markup` id="${section.id}"`}>
<p class="kicker">${section.check}</p>
<h2>${section.answer}</h2>
${section.head}
</section>
${cardsOf(section)}`,
  );
  const body = markup`<header class="top">
<p class="kicker">varve <span>check</span></p>
<h1>${answer}</h1>
${summary}
</header>
<main>
${grades.length === 0 ? '' : toolbar(orders, grades, 'check')}
${separated(bodies)}
</main>`;
  return page(title, body);
}

function cardsOf({ check, cards, titles, empty }: Section): Markup {
  if (cards.length === 0) return markup`<p class="empty">${empty}</p>`;
  if (titles === undefined)
    return markup`<div class="cards${check === 'schema' ? ' wide' : ''}">\n${separated(cards)}\n</div>`;
  const head = titles.map((title) => markup`<th scope="col">${title}`);
  return markup`<table class="cards overview"><thead><tr>${head}</thead>\n${separated(cards)}\n</table>`;
}
