import { VarveError } from '../../errors.ts';
import { datum } from '../../report/html/parts.ts';
import { anchor, siteContent } from '../../report/html/site.ts';
import { type Markup, markup, NO_MARKUP, separated } from '../../report/markup.ts';
import { featureTitle } from '../../report/phrases.ts';
import { brief } from '../../wording/neutral.ts';
import { count, counted } from '../../wording/numbers.ts';
import { unquotedRef } from '../versions/revisions.ts';
import { linkTo } from './links.ts';
import { subjectLine, when } from './table-parts.ts';
import { SHORT } from './verdict.ts';
import type { View, ViewPlace, ViewRequest } from './view.ts';

/** Hits of each kind that are shown. */
const MAX_HITS = 50;
/** Files whose names are looked at, all together. */
const MAX_FILES = 200_000;
/** Other requests have their turn after so many. */
const FILES_A_TURN = 5000;
const MAX_WORDS_LENGTH = 200;

interface Hits {
  readonly title: string;
  readonly items: readonly Markup[];
  readonly note?: string;
}

type Matches = (text: string) => boolean;

/** What has every word of `q`: datasets, their features and files at the revision, and the commits that it reaches. */
export async function searchView({ place, query }: ViewRequest): Promise<View> {
  const words = (query.get('q') ?? '').slice(0, MAX_WORDS_LENGTH);
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const matches: Matches = (text) => wanted.every((word) => text.toLowerCase().includes(word));
  const kinds =
    wanted.length === 0
      ? []
      : [
          await datasets(place, matches),
          await features(place, matches),
          await commits(place, matches),
          await files(place, matches),
        ];
  const found = kinds.reduce((sum, { items }) => sum + items.length, 0);
  const answer =
    wanted.length === 0
      ? markup`Search`
      : markup`${found === 0 ? 'Nothing' : counted(found, 'hit')} for ${datum(words)}`;
  const what = markup`<p>Datasets, features and files of ${datum(unquotedRef(place.at))}, and commits by subject, author or id. What has every word is found.</p>`;
  return {
    title: 'Search',
    words,
    content: siteContent(answer, what, markup`${separated(kinds.map(section))}`),
  };
}

function section({ title, items, note }: Hits): Markup {
  if (items.length === 0 && note === undefined) return NO_MARKUP;
  const shown = items.slice(0, MAX_HITS);
  const more = items.length > MAX_HITS ? `The first ${MAX_HITS} are shown. ` : '';
  return markup`<section><h2>${title}</h2><table class="list"><tbody>${shown}</table>${more || note ? markup`<p class="note">${more}${note ?? ''}</p>` : ''}</section>`;
}

async function datasets(place: ViewPlace, matches: Matches): Promise<Hits> {
  const all = await place.catalog.datasetsAt(place.revision.commit);
  const items = all
    .filter(({ path }) => matches(path))
    .map(({ path }) => hit(anchor({ text: path, href: linkTo(place, 'versions', path) })));
  return { title: 'Datasets', items };
}

function hit(link: Markup, more: Markup | string = ''): Markup {
  return markup`<tr><th scope="row">${link}<td class="full">${more}
`;
}

async function features(place: ViewPlace, matches: Matches): Promise<Hits> {
  const items: Markup[] = [];
  const history = await place.catalog.historyAt(place.revision.commit);
  for (const { path, profile } of await place.catalog.datasetsAt(place.revision.commit)) {
    if (profile === undefined) continue;
    for (const one of await place.catalog.profiles.features(profile)) {
      if (!matches(one.feature)) continue;
      const { feature, table, type } = one;
      const page = history.of(path).length > 1 ? 'history' : 'profile';
      const href = linkTo(place, page, path, { feature, table: table === '' ? undefined : table });
      items.push(
        hit(anchor({ text: featureTitle({ table, feature }), href }), markup`${type} in ${datum(path)}`),
      );
    }
  }
  return { title: 'Features', items };
}

async function commits(place: ViewPlace, matches: Matches): Promise<Hits> {
  const { changes } = await place.catalog.historyAt(place.revision.commit);
  const items = changes
    .filter(({ commit, author, subject }) => matches(`${commit} ${author} ${subject}`))
    .map(({ commit, author, subject, date, path }) => {
      const id = commit.slice(0, SHORT);
      const href = linkTo({ ...place, at: id }, 'drift', path);
      const link = markup`<a href="${href}"><code>${id}</code></a>`;
      return hit(
        link,
        markup`${subjectLine(subject)} <small>${datum(path)}, ${when(date)}, ${datum(author)}</small>`,
      );
    });
  return { title: 'Versions', items };
}

async function files(place: ViewPlace, matches: Matches): Promise<Hits> {
  const items: Markup[] = [];
  let seen = 0;
  for await (const { key, name } of fileNames(place)) {
    if (++seen % FILES_A_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    if (seen > MAX_FILES || items.length > MAX_HITS) break;
    if (matches(name)) items.push(hit(anchor({ text: brief(key, 300), href: linkTo(place, 'files', key) })));
  }
  const note = seen > MAX_FILES ? `The first ${count(MAX_FILES)} files were looked at.` : undefined;
  return { title: 'Files', items, ...(note && { note }) };
}

/** The files of all folders. A dataset that is a file is among the datasets. */
async function* fileNames({
  repository,
  revision,
}: ViewPlace): AsyncGenerator<{ readonly key: string; readonly name: string }> {
  const keys = await repository.versions.keysAt(revision);
  for (let at = 0; at < keys.length; at++) {
    const node = keys.at(at);
    const table = 'key' in node ? undefined : await opened(node.open());
    if ('key' in node || table === undefined) continue;
    for (let index = 0; index < table.length; index++) {
      const one = table.at(index);
      if ('key' in one) yield { key: one.key, name: one.key.slice(node.prefix.length) };
    }
  }
}

/** A list that is not at hand is left out: the page of its dataset says why. */
async function opened<T>(list: Promise<T>): Promise<T | undefined> {
  try {
    return await list;
  } catch (error) {
    if (error instanceof VarveError) return undefined;
    throw error;
  }
}
