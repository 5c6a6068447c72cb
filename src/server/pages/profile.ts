import { titledProfile } from '../../report/html/profile.ts';
import { siteReport } from '../../report/html/site.ts';
import { profilesOf, versionAt } from './version-at.ts';
import type { View, ViewRequest } from './view.ts';

/** The statistics of a version. */
export async function profileView({ place, path }: ViewRequest): Promise<View> {
  const version = await versionAt(place, path, place.revision);
  const [profile] = await profilesOf(place, [version]);
  const titled = titledProfile(profile!, { name: version.name });
  return { title: titled.title, dataset: path, content: siteReport(titled) };
}
