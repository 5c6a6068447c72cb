/**
 * The frame of pages that lead to one another: where one is, what else there is to see, and a search. It has the style of a report and the
 * little more that this takes; it knows no server and no path.
 */

import { finishedMarkup, type Markup, markup, NO_MARKUP, separated } from '../markup.ts';
import { PAGE_SCRIPT } from './client.ts';
import { hashed, PAGE_END, pageHead } from './page.ts';
import { datum } from './parts.ts';
import { sectionCards, type Titled } from './section.ts';
import { STYLE } from './style.ts';

/** A way to another page. */
export interface SiteLink {
  readonly text: string;
  /** Percent-encoded. */
  readonly href: string;
  readonly isHere?: boolean;
}

/** What is around a page. */
export interface SiteFrame {
  readonly title: string;
  /** From the start to what this page is of. */
  readonly trail: readonly SiteLink[];
  /** What else there is to see of it. */
  readonly views: readonly SiteLink[];
  /** Where a search goes, and what was searched for. */
  readonly search?: { readonly action: string; readonly words: string } | undefined;
}

const SITE_STYLE = `${STYLE}
.skip{position:absolute;left:-99rem;background:var(--card);color:var(--after-ink);padding:.4rem .8rem;z-index:2}
.skip:focus{left:0;top:0}
.site{display:flex;flex-wrap:wrap;gap:.5rem 1.2rem;align-items:center;padding:.7rem 0 0}
.site nav{flex:1 1 16rem;min-width:0}
.trail{list-style:none;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:.1rem .5rem}
.trail li{min-width:0;overflow-wrap:anywhere}
.trail li+li::before{content:"/";color:var(--soft);margin-right:.5rem}
.trail li:first-child{font-weight:700}
.site form,.pick form{display:flex;flex:0 1 22rem;gap:.4rem;min-width:0}
.site input{flex:1;min-width:0}
:is(.site,.pick,.log) :is(input[type=search],button){font:inherit;color:inherit;background:var(--card);border:1px solid var(--soft);border-radius:6px;padding:.28rem .6rem}
:is(.site,.log) button{cursor:pointer}
:is(.site,.log) button:hover{border-color:var(--focus)}
.site ::placeholder{color:var(--soft);opacity:1}
:is(.site,.log,.list,.views,.pick,.pages,.tiles,.text) a,.top p a,main p a{color:var(--after-ink)}
.views{display:flex;flex-wrap:wrap;gap:.1rem .3rem;border-bottom:1px solid var(--line);margin-top:.6rem}
.views a{display:block;padding:.35rem .7rem;text-decoration:none;border-bottom:3px solid transparent;margin-bottom:-1px}
.views a:hover{border-color:var(--line)}
.views [aria-current]{color:var(--ink);font-weight:650;border-color:var(--after)}
.views~.top{padding-top:1.1rem}
.pick{margin:0 0 1rem;font-size:.95rem}
.pick ul{display:flex;flex-wrap:wrap;gap:.1rem 1rem;margin:.3rem 0}
.pick li{overflow-wrap:anywhere;min-width:0}
.list,.log table{font-size:.93rem}
:is(.list,.log) :is(td,th){padding:.42rem 1rem .42rem 0}
:is(.list,.log) thead th{font-size:.82rem;padding-top:0;white-space:nowrap}
:is(.list,.log) th[scope=row]{color:var(--ink);font-weight:600;min-width:9rem}
:is(.list,.log) .figure{text-align:right;white-space:nowrap}
:is(.list,.log) .figure{width:1px;padding-left:1rem}
:is(.list,.log) :is(.when,.act-on){white-space:nowrap}
:is(.list,.log) .badge{margin:0}
:is(.list,.log) small{font-weight:400;display:block}
.log .choose{white-space:nowrap;width:1px}
.log input[type=radio]{width:1.15rem;height:1.15rem;margin:0 .15rem;accent-color:var(--after)}
.log .act{position:sticky;bottom:0;background:var(--ground);padding:.6rem 0}
div.cards:has(>.card:only-child){grid-template-columns:minmax(0,44rem)}
.pages{display:flex;gap:1.2rem;margin-top:.9rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(45%,9.5rem),1fr));gap:.8rem;margin-bottom:1.2rem}
.tiles li{min-width:0;font-size:.85rem;overflow-wrap:anywhere}
.tiles img{display:block;width:100%;height:8rem;object-fit:contain;background:var(--card);border:1px solid var(--line);border-radius:6px}
.shown{display:block;max-width:100%;max-height:70vh;background:var(--card);border:1px solid var(--line);border-radius:6px}
.wide-table,.text{overflow:auto;border:1px solid var(--line);border-radius:8px;background:var(--card);max-height:80vh}
.wide-table table{width:auto;min-width:100%;margin:0;font-size:.88rem}
.wide-table :is(td,th){padding:.25rem .7rem;white-space:pre;max-width:24rem;overflow:hidden;text-overflow:ellipsis}
.wide-table th{color:var(--ink);font-weight:600}
.wide-table th small{font-weight:400;display:block}
.wide-table .null{color:var(--soft);font-style:italic}
.text{margin:0;padding:.6rem .9rem;font:.85rem/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
main h2{font-size:1.15rem;margin:1.4rem 0 .5rem}
main h2.unseen{margin:0}
@media (max-width:48rem){
  :is(.list,.log) thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
  :is(.list,.log,.log table),:is(.list,.log) tbody{display:block}
  :is(.list,.log) tbody tr{display:flex;flex-wrap:wrap;gap:.15rem .9rem;padding:.55rem 0;border-bottom:1px solid var(--line)}
  :is(.list,.log) :is(td,th[scope=row]){border:0;padding:0;min-width:0;width:auto}
  :is(.list,.log) :is(th[scope=row],.subject,.full){flex:1 1 100%}
  :is(.list,.log) td:empty{display:none}
  :is(.list,.log) .figure{text-align:left}
}
`;

/** What a page of a site may do, for its `Content-Security-Policy`: nothing of another place, and no script or style but its own. */
export const SITE_POLICY = [
  "default-src 'none'",
  `script-src ${hashed(PAGE_SCRIPT)}`,
  `style-src ${hashed(SITE_STYLE)}`,
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** All of a page before its own content. */
export function siteHead({ title, trail, views, search }: SiteFrame): string {
  const steps = trail.map((link) => markup`<li>${anchor(link)}`);
  const body = markup`<a class="skip" href="#main">Skip to the content</a>
<div class="site"><nav aria-label="Where you are"><ol class="trail">${steps}</ol></nav>${search === undefined ? '' : searchForm(search)}</div>
${views.length === 0 ? '' : markup`<nav aria-label="Views"><ul class="views">${views.map((link) => markup`<li>${anchor(link)}`)}</ul></nav>`}
`;
  return pageHead(title, SITE_STYLE) + body.toString();
}

/** All of a page behind its own content. */
export const SITE_END = PAGE_END;

/** A link whose text is data. */
export function anchor({ text, href, isHere = false }: SiteLink): Markup {
  return markup`<a href="${href}"${isHere ? markup` aria-current="page"` : NO_MARKUP}>${datum(text)}</a>`;
}

function searchForm({ action, words }: NonNullable<SiteFrame['search']>): Markup {
  return markup`<form role="search" action="${action}"><input type="search" name="q" value="${words}" aria-label="Search" placeholder="Datasets, features, files" autocomplete="off" maxlength="200"><button>Search</button></form>`;
}

/** The content of a page: its answer, what stands with it, and all else. */
export function siteContent(answer: Markup, head: Markup, main: Markup): Markup {
  return markup`<header class="top"><h1>${answer}</h1>
${head}</header>
<main id="main">
${main}
</main>`;
}

/** A report on its way from one thread to another: its parts, each finished. */
export interface ReportText {
  readonly title: string;
  readonly answer: string;
  readonly head: string;
  readonly cards: string;
}

/** Write a report for siteReport. */
export function reportText({ title, section, orders }: Titled): ReportText {
  return {
    title,
    answer: section.answer.toString(),
    head: section.head.toString(),
    cards: sectionCards(section, orders).toString(),
  };
}

/** A report as the content of a page. @param above stands between its answer and its cards */
export function siteReport(
  { answer, head, cards }: ReportText,
  above = NO_MARKUP,
  below = NO_MARKUP,
): Markup {
  const main = separated([above, finishedMarkup(cards), below]);
  return siteContent(finishedMarkup(answer), finishedMarkup(head), markup`${main}`);
}
