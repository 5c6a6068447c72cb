import type { Markup } from '../../report/markup.ts';
import type { VersionCatalog } from '../catalog/catalog.ts';
import type { ServedRepository } from '../repositories.ts';
import type { Revision } from '../versions/revisions.ts';
import type { LinkPlace } from './links.ts';

/** Where a view looks at things from: a repository at a revision. */
export interface ViewPlace extends LinkPlace {
  readonly repository: ServedRepository;
  readonly catalog: VersionCatalog;
  readonly revision: Revision;
}

/** What was asked of a view. */
export interface ViewRequest {
  readonly place: ViewPlace;
  /** From the root: of a dataset, or of something in one; '' for all. */
  readonly path: string;
  readonly query: URLSearchParams;
}

/** What a view shows. */
export interface View {
  readonly title: string;
  /** The dataset that it is of. */
  readonly dataset?: string;
  /** What of the path lies in the dataset. */
  readonly inside?: string;
  readonly words?: string;
  /** Part by part, as they are found out. */
  readonly content: Markup | AsyncIterable<Markup>;
}
