import type { ComparedStep } from '../../drift/history.ts';
import type { FeatureRef } from '../../drift/model.ts';
import { anchor, siteContent, siteReport } from '../../report/html/site.ts';
import { type Markup, markup, NO_MARKUP } from '../../report/markup.ts';
import { featureTitle } from '../../report/phrases.ts';
import { counted } from '../../wording/numbers.ts';
import type { BroughtVersion } from '../catalog/dataset-history.ts';
import type { Tasks } from '../statistics/questions.ts';
import { linkTo } from './links.ts';
import { noDataset } from './page-error.ts';
import { named, profilesOf, reported } from './version-at.ts';
import type { View, ViewPlace, ViewRequest } from './view.ts';

/** The newest versions, which fit into a drawing and into memory. */
const MAX_VERSIONS = 50;

/** Every feature over the versions, or the one that `feature`, and perhaps `table`, names. */
export async function historyView(asked: ViewRequest): Promise<View> {
  const { place, path } = asked;
  const history = await place.catalog.historyAt(place.revision.commit);
  const changes = history.of(path);
  if (changes.length === 0) throw noDataset(path, place.at);
  const read = await history.read(changes.slice(0, MAX_VERSIONS));
  const versions = read.filter(({ version }) => version.profile !== undefined).reverse();
  const title = `${path}: history`;
  if (versions.length < 2) {
    const answer = markup`${path} has fewer than two versions with statistics`;
    const way = anchor({ text: 'Its versions', href: linkTo(place, 'versions', path) });
    return { title, dataset: path, content: siteContent(answer, markup`<p>${way}</p>`, markup``) };
  }
  const { report, features } = await historyOf(asked, versions);
  const older = changes.length - MAX_VERSIONS;
  const note =
    older > 0
      ? markup`<p class="note">The newest ${MAX_VERSIONS} versions; ${counted(older, 'older one')} can be seen from an older revision.</p>`
      : NO_MARKUP;
  const content = siteReport(report, markup`${note}${featureLinks(asked, features)}`);
  return { title, dataset: path, content };
}

async function historyOf(
  { place, path, query }: ViewRequest,
  brought: readonly BroughtVersion[],
): Promise<Tasks['history']['answer']> {
  const all = brought.map(({ commit, version }) => named(path, commit, version));
  const digests = await profilesOf(place, all);
  const steps = await compared(place, path, brought);
  const versions = all.map((one, at) => ({ ...reported(one), date: brought[at]!.date }));
  const [feature, table] = [query.get('feature'), query.get('table')];
  const chosen = { ...(feature !== null && { feature }), ...(table !== null && { table }) };
  return place.catalog.profiles.ask({ kind: 'history', versions, steps, chosen }, digests);
}

async function compared(
  { catalog, revision }: ViewPlace,
  path: string,
  versions: readonly BroughtVersion[],
): Promise<ComparedStep[]> {
  const schema = await catalog.schemas.readable(revision.commit, path);
  const steps: ComparedStep[] = [];
  for (const [at, { version }] of versions.slice(1).entries()) {
    const pair = { before: versions[at]!.version.profile!, after: version.profile!, schema };
    steps.push((await catalog.comparisons.of(pair))!);
  }
  return steps;
}

/** What a person sends of one feature. */
function featureLinks({ place, path, query }: ViewRequest, features: readonly FeatureRef[]): Markup {
  if (query.has('feature'))
    return markup`<p class="pick">${anchor({ text: 'All features', href: linkTo(place, 'history', path) })}</p>`;
  const links = features.map((feature) => {
    const href = linkTo(place, 'history', path, {
      feature: feature.feature,
      table: feature.table === '' ? undefined : feature.table,
    });
    return markup`<li>${anchor({ text: featureTitle(feature), href })}`;
  });
  return markup`<details class="pick"><summary>One feature by itself</summary><ul>${links}</ul></details>`;
}
