import { siteReport } from '../../report/html/site.ts';
import { digestsHere, profilesOf, versionAt } from './version-at.ts';
import type { View, ViewRequest } from './view.ts';

/** The statistics of a version: its profile, or what is known of one of which nobody has read the rows. */
export async function profileView({ place, path }: ViewRequest): Promise<View> {
  const version = await versionAt(place, path, place.revision);
  const { name } = version;
  const { profile, footers } = version.version;
  const isPartial = profile === undefined && footers !== undefined;
  const digests = isPartial
    ? await digestsHere(place, [version], [footers])
    : await profilesOf(place, [version]);
  const report = await place.catalog.profiles.ask({ kind: isPartial ? 'footers' : 'profile', name }, digests);
  return { title: report.title, dataset: path, content: siteReport(report) };
}
