import { type ReportText, siteContent, siteReport } from '../../report/html/site.ts';
import { type Markup, markup, NO_MARKUP, separated } from '../../report/markup.ts';
import { shellWord } from '../../wording/quote.ts';
import type { SchemaAt } from '../catalog/schemas.ts';
import { priorVersion, profilesOf, reported, type VersionAt, versionAt } from './version-at.ts';
import type { View, ViewPlace, ViewRequest } from './view.ts';

/** What a version should look like, and where it does not. Both are of the same commit. */
export async function schemaView({ place, path, query }: ViewRequest): Promise<View> {
  const after = await versionAt(place, path, place.revision);
  const found = await place.catalog.schemas.of(after.commit, path);
  if (found === undefined) return withoutSchema(path);
  const report = await validated(place, after, found, query.get('environment'));
  return { title: report.title, dataset: path, content: siteReport(report, NO_MARKUP, schemaText(found)) };
}

async function validated(
  place: ViewPlace,
  after: VersionAt,
  { schema, path: schemaName }: SchemaAt,
  environment: string | null,
): Promise<ReportText> {
  const before = await priorVersion(place, after);
  const versions = before?.version.profile === undefined ? [after] : [after, before];
  const digests = await profilesOf(place, versions);
  const task = { kind: 'validation', version: reported(after), schema, schemaName } as const;
  return place.catalog.profiles.ask({ ...task, ...(environment && { environment }) }, digests);
}

function withoutSchema(path: string): View {
  const word = shellWord(path);
  return {
    title: `Schema: ${path}`,
    dataset: path,
    content: siteContent(
      markup`${path} has no schema here`,
      markup`<p><code>varve schema infer ${word}</code> writes one for people to review; it shows here once it is committed.</p>`,
      markup``,
    ),
  };
}

function schemaText({ path, text }: SchemaAt): Markup {
  const lines = text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => line.replaceAll('\t', '    '));
  return markup`<h2>${path}</h2>
<pre class="text" tabindex="0" role="region" aria-label="The schema">${separated(lines)}</pre>`;
}
