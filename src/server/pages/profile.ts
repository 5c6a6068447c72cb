import { titledProfile } from '../../report/html/profile.ts';
import { siteReport } from '../../report/html/site.ts';
import { statisticsOf, versionAt } from './version-at.ts';
import type { Asked, View } from './view.ts';

/** The statistics of a version. */
export async function profileView({ place, path }: Asked): Promise<View> {
  const version = await versionAt(place, path, place.revision);
  const [profile] = await statisticsOf(place, [version]);
  const titled = titledProfile(profile!, { name: version.name });
  return { title: titled.title, dataset: path, content: siteReport(titled) };
}
