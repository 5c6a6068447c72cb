import { driftSettingsOf } from '../../operations/drift.ts';
import { anchor, siteContent, siteReport } from '../../report/html/site.ts';
import { type Markup, markup } from '../../report/markup.ts';
import { linkTo } from './links.ts';
import { SHORT } from './verdict.ts';
import { priorVersion, profilesOf, reported, type VersionAt, versionAt } from './version-at.ts';
import type { View, ViewPlace, ViewRequest } from './view.ts';

/**
 * Any two versions compared: `after`, the revision of the address unless given, with `before`, the one before it unless given; of
 * another dataset with `beforeDataset`.
 */
export async function driftView({ place, path, query }: ViewRequest): Promise<View> {
  const { revisions } = place.repository;
  const [first, second] = [query.get('before'), query.get('after')];
  const after = await versionAt(place, path, second ? await revisions.resolve(second) : place.revision);
  const before = first
    ? await versionAt(place, query.get('beforeDataset') || path, await revisions.resolve(first))
    : await priorVersion(place, after);
  if (before === undefined) return alone(place, after);
  const digests = await profilesOf(place, [before, after]);
  const schema = await place.catalog.schemas.readable(place.revision.commit, path);
  const settings = schema === undefined ? {} : driftSettingsOf(schema.schema);
  const versions = [reported(before), reported(after)] as const;
  const report = await place.catalog.profiles.ask({ kind: 'drift', versions, settings }, digests);
  const content = siteReport(report, waysOn(place, before, after));
  return { title: report.title, dataset: path, content };
}

function alone(place: ViewPlace, { path, name }: VersionAt): View {
  const way = anchor({ text: 'its statistics', href: linkTo(place, 'profile', path) });
  return {
    title: `Drift: ${name}`,
    dataset: path,
    content: siteContent(
      markup`${name} is the first version of its data`,
      markup`<p>There is nothing before it that it could differ from. See ${way}.</p>`,
      markup``,
    ),
  };
}

function waysOn(place: ViewPlace, before: VersionAt, after: VersionAt): Markup {
  const ids = {
    before: before.commit.slice(0, SHORT),
    after: after.commit.slice(0, SHORT),
  };
  const profile = ({ path, commit }: VersionAt, text: string): Markup =>
    anchor({ text, href: linkTo({ ...place, at: commit.slice(0, SHORT) }, 'profile', path) });
  const turned = linkTo(place, 'drift', before.path, {
    before: ids.after,
    after: ids.before,
    beforeDataset: before.path === after.path ? undefined : after.path,
  });
  const fixed = linkTo({ ...place, at: ids.after }, 'drift', after.path, {
    before: ids.before,
    beforeDataset: before.path === after.path ? undefined : before.path,
  });
  return markup`<p class="pick">Statistics ${profile(before, 'before')} and ${profile(after, 'after')} · ${anchor({ text: 'the other way round', href: turned })} · ${anchor({ text: 'link to these two', href: fixed })}</p>`;
}
