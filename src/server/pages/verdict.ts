import type { ComparedStep } from '../../drift/history.ts';
import type { VersionFacts } from '../../operations/backend/version.ts';
import { badge } from '../../report/html/parts.ts';
import { type Markup, markup } from '../../report/markup.ts';
import { gradeOf } from '../../report/phrases.ts';
import { brief } from '../../wording/neutral.ts';
import type { SchemaAt } from '../catalog/schemas.ts';
import { linkTo } from './links.ts';
import type { ViewPlace } from './view.ts';

/** A version and the one before it, each as a commit has it. */
export interface VersionStep {
  readonly path: string;
  readonly after: VersionFacts & { readonly commit: string };
  readonly before: (VersionFacts & { readonly commit: string }) | undefined;
  readonly schema: SchemaAt | undefined;
}

/** Say how a version differs from the one before it, with the way to the whole report. Asks no remote. */
export async function verdictOfStep(place: ViewPlace, step: VersionStep): Promise<Markup> {
  const { before, after, schema, path } = step;
  if (before === undefined) return markup`<small>the first</small>`;
  if (before.content === after.content) return markup`<small>same data</small>`;
  if (before.profile === undefined || after.profile === undefined)
    return markup`<small>${(after.profile ?? after.footers) === undefined ? 'no statistics' : 'rows not read'}</small>`;
  const found = await place.catalog.comparisons.of({ before: before.profile, after: after.profile, schema });
  const query = { before: before.commit.slice(0, SHORT), after: after.commit.slice(0, SHORT) };
  const href = linkTo(place, 'drift', path, query);
  return found === undefined
    ? markup`<a href="${href}">compare</a>`
    : markup`<a href="${href}" title="${brief(found.summary, 300)}">${judged(found)}</a>`;
}

/** Digits of a commit that tell it from all others of a repository, and are short enough to send. */
export const SHORT = 12;

function judged({ verdict }: ComparedStep): Markup {
  return badge(gradeOf(verdict), 'drift');
}
