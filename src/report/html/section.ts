import { brief } from '../../wording/neutral.ts';
import { counted } from '../../wording/numbers.ts';
import { type Markup, markup, separated } from '../markup.ts';
import type { Grade } from '../phrases.ts';
import { page } from './page.ts';
import { type Check, datum, type Order, toolbar } from './parts.ts';

/** One report as parts of a page. */
export interface Section {
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

/** One report of several on a page. */
export interface DatasetSection extends Section {
  /** The dataset that it is of. */
  readonly subject: string;
  readonly id: string;
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

/**
 * The page of several reports: an answer for all, a summary, then each with its own, under one search and filter. What is as it
 * should be is folded, so that the next report is not far.
 */
export function sectionsPage(
  title: string,
  answer: Markup,
  summary: Markup,
  sections: readonly DatasetSection[],
): string {
  const grades = sections.flatMap((section) => section.grades);
  const orders = [
    { key: 'place', title: 'gravity' },
    { key: 'name', title: 'name' },
  ];
  const bodies = sections.map(
    (section) => markup`<section class="top" id="${section.id}">
<p class="kicker">${datum(brief(section.subject, 200))} <span>${section.check}</span></p>
<h2>${section.answer}</h2>
${section.head}
</section>
${foldedCards(section)}`,
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

/** The cards, those without a finding behind a line that counts them. */
function foldedCards(section: Section): Markup {
  const { cards, grades } = section;
  const isCalm = (_: Markup, at: number): boolean => grades[at] === 'good';
  const calm = cards.filter(isCalm);
  if (calm.length === 0) return cardsOf(section);
  const loud = cards.filter((card, at) => !isCalm(card, at));
  const folded = markup`<details class="calm"><summary>${counted(calm.length, 'feature')} without ${section.check === 'drift' ? 'drift' : 'anomalies'}</summary>
${cardsOf({ ...section, cards: calm })}</details>`;
  return loud.length === 0 ? folded : markup`${cardsOf({ ...section, cards: loud })}\n${folded}`;
}

function cardsOf({ check, cards, titles, empty }: Section): Markup {
  if (cards.length === 0) return markup`<p class="empty">${empty}</p>`;
  if (titles === undefined)
    return markup`<div class="cards${check === 'schema' ? ' wide' : ''}">\n${separated(cards)}\n</div>`;
  const head = titles.map((title) => markup`<th scope="col">${title}`);
  return markup`<table class="cards overview"><thead><tr>${head}</thead>\n${separated(cards)}\n</table>`;
}
