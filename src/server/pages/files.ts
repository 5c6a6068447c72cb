import type { RowsHead } from '../../engine/check-rows.ts';
import { datum } from '../../report/html/parts.ts';
import { anchor, siteContent } from '../../report/html/site.ts';
import { type Markup, markup, NO_MARKUP, separated } from '../../report/markup.ts';
import { brief } from '../../wording/neutral.ts';
import { byteSize, count, counted } from '../../wording/numbers.ts';
import { MAX_IMAGE_BYTES, type Preview } from '../catalog/preview.ts';
import { findKey, type ListedKey, listKeys } from '../versions/keys.ts';
import type { ServedObject } from '../versions/versions.ts';
import { linkTo } from './links.ts';
import { noDataset, nothingInDataset } from './page-error.ts';
import { columnTitles, NONE } from './table-parts.ts';
import type { View, ViewRequest } from './view.ts';

/** Entries of a folder that one page shows. */
const PER_PAGE = 200;
/** By these names files may be images that are shown; what they are, their bytes say. */
const IMAGE_NAME = /\.(png|jpe?g|gif|webp|avif)$/i;

type Listed = ListedKey<ServedObject>;

/** The files of a dataset or of a folder in it; of a file, its beginning. */
export async function filesView(asked: ViewRequest): Promise<View> {
  const { place, path } = asked;
  const dataset = await place.catalog.datasetAround(place.revision.commit, path);
  if (dataset === undefined) throw noDataset(path, place.at);
  const keys = await place.repository.versions.keysAt(place.revision);
  const object = await findKey(keys, path);
  const about = { title: path, dataset: dataset.path, inside: path.slice(dataset.path.length + 1) };
  if (object !== undefined) return { ...about, content: await fileContent(asked, object) };
  const after = asked.query.get('after') ?? '';
  const listed: Listed[] = [];
  for await (const one of listKeys(keys, { prefix: `${path}/`, delimiter: '/', after })) {
    listed.push(one);
    if (listed.length > PER_PAGE) break;
  }
  if (listed.length === 0 && after === '') throw nothingInDataset(path, dataset.path);
  return { ...about, content: folderContent(asked, listed) };
}

/** The name of a listed entry, from the root; a folder ends with `/`. */
function keyOf(one: Listed): string {
  return 'key' in one ? one.key : one.commonPrefix;
}

function folderContent(asked: ViewRequest, listed: readonly Listed[]): Markup {
  const { place, path, query } = asked;
  const shown = listed.slice(0, PER_PAGE);
  const folders = shown.filter((one) => !('key' in one)).length;
  const parts = [
    ...(folders > 0 ? [counted(folders, 'folder')] : []),
    counted(shown.length - folders, 'file'),
  ];
  const last = shown.at(-1);
  const isAll = listed.length <= PER_PAGE && !query.has('after');
  const next =
    listed.length > PER_PAGE && last !== undefined
      ? anchor({ text: 'more →', href: linkTo(place, 'files', path, { after: keyOf(last) }) })
      : '';
  const start = query.has('after')
    ? anchor({ text: '← from the start', href: linkTo(place, 'files', path) })
    : '';
  const answer = markup`${datum(path)}: ${isAll ? '' : 'a page of '}${parts.join(', ')}`;
  const main = separated([
    tiles(asked, shown),
    markup`<table class="list">${columnTitles(['name', 'size', ''], ['size'])}<tbody>${shown.map((one) => entry(asked, one))}</table>`,
    isAll ? '' : markup`<nav class="pages" aria-label="Pages">${start}${next}</nav>`,
  ]);
  return siteContent(answer, NO_MARKUP, markup`${main}`);
}

function nameIn(path: string, one: Listed): string {
  return keyOf(one).slice(path.length + 1);
}

function entry({ place, path }: ViewRequest, one: Listed): Markup {
  const key = keyOf(one).replace(/\/$/, '');
  const link = anchor({ text: brief(nameIn(path, one), 300), href: linkTo(place, 'files', key) });
  if (!('key' in one))
    return markup`<tr><th scope="row">${link}<td class="figure"><td>
`;
  const { file } = one.object;
  return markup`<tr><th scope="row">${link}<td class="figure">${byteSize(file.size)}<td class="act-on">${downloadLink(place, key, 'download')}
`;
}

/** The way to the bytes, which a browser saves and does not show. */
function downloadLink(place: ViewRequest['place'], key: string, text: string): Markup {
  const name = key.slice(key.lastIndexOf('/') + 1);
  return markup`<a href="${linkTo(place, 'bytes', key, { save: '1' })}" download>${text}<span class="unseen"> ${name}</span></a>`;
}

/** Images of the page, small. */
function tiles({ place, path }: ViewRequest, shown: readonly Listed[]): Markup {
  const images = shown.filter(
    (one) => 'key' in one && IMAGE_NAME.test(one.key) && one.object.file.size <= MAX_IMAGE_BYTES,
  );
  if (images.length === 0) return NO_MARKUP;
  const items = images.map((one) => {
    const key = keyOf(one);
    const name = brief(nameIn(path, one), 80);
    return markup`<li><a href="${linkTo(place, 'files', key)}"><img src="${linkTo(place, 'bytes', key)}" alt="" loading="lazy" decoding="async">${datum(name)}</a>`;
  });
  return markup`<h2 class="unseen">Images</h2><ul class="tiles">${items}</ul>`;
}

async function fileContent({ place, path }: ViewRequest, { dataset, file }: ServedObject): Promise<Markup> {
  const preview = await place.catalog.previews.of({ dataset, file });
  const digest = file.digest ?? NONE;
  const head = markup`<dl class="sides"><div class="after"><dt>file</dt><dd>${byteSize(file.size).replace(' ', '\u00a0')}<code>${digest}</code></dd></div></dl>
<p>${downloadLink(place, path, 'Download the file')}</p>`;
  return siteContent(
    markup`${datum(path)}`,
    head,
    previewMarkup(preview, path, linkTo(place, 'bytes', path)),
  );
}

function previewMarkup(preview: Preview, name: string, bytes: string): Markup {
  if (preview.kind === 'table') return tableHead(preview.head, preview.isPart);
  if (preview.kind === 'image') return markup`<img class="shown" src="${bytes}" alt="${brief(name, 200)}">`;
  if (preview.kind === 'none') return markup`<p class="empty">Nothing of it is shown: ${preview.reason}.</p>`;
  const lines = preview.text
    .replace(/\n$/, '')
    .split(/\r?\n/)
    .map((line) => line.replaceAll('\t', '    '));
  return markup`<pre class="text" tabindex="0" role="region" aria-label="The beginning of the file">${separated(lines)}</pre>
${preview.isPart ? markup`<p class="note">The beginning of the file.</p>` : ''}`;
}

function tableHead({ columns, columnCount, rows }: RowsHead, isPart: boolean): Markup {
  const titles = columns.map(
    ({ name, type }) => markup`<th scope="col">${datum(brief(name, 60))} <small>${brief(type, 40)}</small>`,
  );
  const body = rows.map(
    (row) =>
      markup`<tr>${row.map((value) => (value === null ? markup`<td class="null">null` : markup`<td>${datum(value)}`))}`,
  );
  const more =
    columnCount > columns.length
      ? `, the first ${count(columns.length)} of ${count(columnCount)} columns`
      : '';
  return markup`<p class="note">The first ${counted(rows.length, 'row')}${more}${isPart ? '; types as the beginning of the file has them' : ''}.</p>
<div class="wide-table" tabindex="0" role="region" aria-label="The first rows"><table><thead><tr>${titles}<tbody>${body}</table></div>`;
}
