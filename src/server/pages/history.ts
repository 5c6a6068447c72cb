import { type ComparedStep, seriesOf, type Version } from '../../drift/history.ts';
import type { DriftSeries } from '../../drift/model.ts';
import { featureName } from '../../profile/model/feature-name.ts';
import type { Profile } from '../../profile/model/model.ts';
import { titledSeries } from '../../report/html/series.ts';
import { anchor, siteContent, siteReport } from '../../report/html/site.ts';
import { type Markup, markup, NO_MARKUP } from '../../report/markup.ts';
import { featureTitle } from '../../report/phrases.ts';
import { counted } from '../../wording/numbers.ts';
import type { BroughtVersion } from '../catalog/dataset-history.ts';
import { linkTo } from './links.ts';
import { noDataset } from './page-error.ts';
import { named, profilesOf } from './version-at.ts';
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
  const series = await seriesOfVersions(asked, versions);
  const older = changes.length - MAX_VERSIONS;
  const note =
    older > 0
      ? markup`<p class="note">The newest ${MAX_VERSIONS} versions; ${counted(older, 'older one')} can be seen from an older revision.</p>`
      : NO_MARKUP;
  const content = siteReport(titledSeries(series), markup`${note}${featureLinks(asked, series)}`);
  return { title, dataset: path, content };
}

async function seriesOfVersions(
  { place, path, query }: ViewRequest,
  brought: readonly BroughtVersion[],
): Promise<DriftSeries> {
  const all = brought.map(({ commit, version }) => named(path, commit, version));
  const profiles = await profilesOf(place, all);
  const steps = await compared(place, path, brought);
  const chosen = chosenBy(query);
  const versions = all.map(
    ({ name, version }, at): Version => ({
      name,
      date: brought[at]!.date,
      digest: version.content,
      profile: narrowed(profiles[at]!, chosen),
    }),
  );
  const reports = steps.map((step, at): ComparedStep => {
    const [before, after] = [all[at]!, all[at + 1]!];
    const features = step.features.filter(({ table, feature }) => chosen(table, feature));
    return {
      ...(query.has('feature') ? judgedBy(features) : step),
      features,
      before: { ...step.before, name: before.name, digest: before.version.content },
      after: { ...step.after, name: after.name, digest: after.version.content },
    };
  });
  return seriesOf(versions, reports);
}

/** The verdict on a step by some of its features. */
function judgedBy(features: ComparedStep['features']): Pick<ComparedStep, 'verdict' | 'summary'> {
  const [first] = features;
  return { verdict: first?.verdict ?? 'none', summary: first?.reasons[0] ?? 'no drift' };
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

type IsChosen = (table: string, feature: string) => boolean;

function chosenBy(query: URLSearchParams): IsChosen {
  const wanted = query.get('feature');
  const within = query.get('table');
  return (table, feature) => (wanted === null || wanted === feature) && (within === null || within === table);
}

/** A profile with the chosen features alone. */
function narrowed(profile: Profile, isChosen: IsChosen): Profile {
  const tables = profile.tables.map((table) => ({
    ...table,
    features: table.features.filter(({ path }) => isChosen(table.name, featureName(path))),
  }));
  return { ...profile, tables };
}

/** What a person sends of one feature. */
function featureLinks({ place, path, query }: ViewRequest, { features }: DriftSeries): Markup {
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
