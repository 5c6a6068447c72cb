import { anchor, siteContent } from '../../report/html/site.ts';
import { markup } from '../../report/markup.ts';
import { counted } from '../../wording/numbers.ts';
import { unquotedRef } from '../versions/revisions.ts';
import { linkTo } from './links.ts';
import { columnTitles, when } from './table-parts.ts';
import { SHORT } from './verdict.ts';
import type { View, ViewRequest } from './view.ts';

/** More than people look through; a search by name is what Git is for. */
const MAX_REVISIONS = 1000;

/** The branches and tags from which the same can be looked at. */
export async function revisionsView({ place, path }: ViewRequest): Promise<View> {
  const all = await place.repository.revisions.names();
  const shown = all.toSorted((a, b) => b.time - a.time).slice(0, MAX_REVISIONS);
  const rows = shown.map(({ name, commit, time }) => {
    const href = linkTo({ ...place, at: name }, path === '' ? 'datasets' : 'versions', path);
    const link = anchor({ text: unquotedRef(name), href });
    return markup`<tr><th scope="row">${link}<td><code>${commit.slice(0, SHORT)}</code><td class="when">${when(new Date(time * 1000).toISOString())}
`;
  });
  const table = markup`<table class="list">${columnTitles(['branch or tag', 'commit', 'made (UTC)'])}<tbody>${rows}</table>`;
  const more = all.length > shown.length ? ` The ${MAX_REVISIONS} newest are shown.` : '';
  return {
    title: `${place.bucket}: branches and tags`,
    ...(path !== '' && { dataset: path }),
    content: siteContent(
      markup`${counted(all.length, 'branch or tag', 'branches and tags')}`,
      markup`<p>In an address, a commit may stand in their place, and <code>..</code> stands for each <code>/</code> of a name.${more}</p>`,
      table,
    ),
  };
}
