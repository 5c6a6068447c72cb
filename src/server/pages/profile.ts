import { siteReport } from '../../report/html/site.ts';
import { profilesOf, versionAt } from './version-at.ts';
import type { View, ViewRequest } from './view.ts';

/** The statistics of a version. */
export async function profileView({ place, path }: ViewRequest): Promise<View> {
  const version = await versionAt(place, path, place.revision);
  const digests = await profilesOf(place, [version]);
  const report = await place.catalog.profiles.ask({ kind: 'profile', name: version.name }, digests);
  return { title: report.title, dataset: path, content: siteReport(report) };
}
