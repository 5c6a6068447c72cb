import { VarveError } from '../../errors.ts';
import type { VersionFacts } from '../../operations/backend/version.ts';
import type { ReadableDataset } from '../../operations/backend/version-reader.ts';
import { knownBy } from '../../profile/footers/model.ts';
import type { Digest } from '../../store/format/digest.ts';
import { byWhom } from '../../wording/known-by.ts';
import { shellWord } from '../../wording/quote.ts';
import type { ReportedVersion } from '../statistics/questions.ts';
import type { Revision } from '../versions/revisions.ts';
import { noDataset } from './page-error.ts';
import { SHORT } from './verdict.ts';
import type { ViewPlace } from './view.ts';

/** A version of a dataset as a page names it. */
export interface VersionAt {
  readonly path: string;
  readonly commit: string;
  /** `path@commit`. */
  readonly name: string;
  readonly version: VersionFacts;
}

/** The version that a revision has of the dataset at `path`. @throws VarveError `dataset-missing` */
export async function versionAt(place: ViewPlace, path: string, revision: Revision): Promise<VersionAt> {
  const version = await datasetAt(place, path, revision);
  return named(path, revision.commit, version);
}

async function datasetAt(place: ViewPlace, path: string, { commit }: Revision): Promise<ReadableDataset> {
  const dataset = (await place.catalog.datasetsAt(commit)).find((one) => one.path === path);
  if (dataset === undefined) throw noDataset(path, commit.slice(0, SHORT));
  return dataset;
}

/** The last version before another that has other data; undefined if that is the first. */
export async function priorVersion(
  place: ViewPlace,
  { path, commit, version }: VersionAt,
): Promise<VersionAt | undefined> {
  const history = await place.catalog.historyAt(commit);
  const changes = history.of(path).slice(0, MAX_LOOKED_AT);
  const before = (await history.read(changes)).find((one) => one.version.content !== version.content);
  return before && named(path, before.commit, before.version);
}

/** Versions of the same data with other statistics are few. */
const MAX_LOOKED_AT = 20;

export function named(path: string, commit: string, version: VersionFacts): VersionAt {
  return { path, commit, version, name: `${path}@${commit.slice(0, SHORT)}` };
}

/**
 * The digests of the statistics of versions, in their order. What this clone lacks is asked of the remote.
 * @throws VarveError `data-not-tabular`, `statistics-partial`, `profile-not-fetched`
 */
export async function profilesOf(
  place: ViewPlace,
  versions: readonly VersionAt[],
): Promise<readonly Digest[]> {
  const digests = versions.map(({ version, name }): Digest => {
    if (version.profile === undefined) throw noStatistics(name, version);
    return version.profile;
  });
  return digestsHere(place, versions, digests);
}

/**
 * The digests of what is known of versions, once it is here. What this clone lacks is asked of the remote.
 * @throws VarveError `profile-not-fetched`
 */
export async function digestsHere(
  place: ViewPlace,
  versions: readonly VersionAt[],
  digests: readonly Digest[],
): Promise<readonly Digest[]> {
  const areHere = await place.catalog.profiles.fetch(digests);
  const absent = areHere.indexOf(false);
  if (absent >= 0) throw notHere(versions[absent]!.name);
  return digests;
}

/** A version as reports name it. */
export function reported({ name, version }: VersionAt): ReportedVersion {
  return { name, digest: version.content };
}

function noStatistics(name: string, version: VersionFacts): VarveError {
  if (version.footers !== undefined)
    return new VarveError(
      'statistics-partial',
      `Nobody has read the rows of ${name}: what is known of it is told${byWhom(knownBy(version))}`,
      {
        path: name,
        remedy: `\`varve profile ${shellWord(name)}\` shows what they say: rows, columns, nulls and bounds. \`varve add … --statistics full\` reads every row.`,
      },
    );
  return new VarveError('data-not-tabular', `${name} has no statistics`, {
    path: name,
    remedy:
      '`varve add` makes them of tables and of folders. A version that was added without any keeps none.',
  });
}

function notHere(name: string): VarveError {
  return new VarveError('profile-not-fetched', `The statistics of ${name} are not on this server`, {
    path: name,
    remedy:
      'Whoever runs the server brings them by `varve fetch --profiles-only --all-commits`, once they were pushed.',
  });
}
