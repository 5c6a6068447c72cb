import { VarveError } from '../errors.ts';
import {
  type DescribedCommit,
  type DescribedTable,
  type Description,
  describedTables,
} from '../report/standards/description.ts';
import { type DescriptionFormat, namesFiles } from '../report/standards/formats.ts';
import { asS3 } from '../report/standards/openlineage.ts';
import { renderDescription } from '../report/standards/render.ts';
import { describeUrl, holdsSecret, withoutSecrets } from '../wording/urls.ts';
import { originUrl } from '../workspace/git/origin.ts';
import { findRevision } from '../workspace/git/pointers.ts';
import { withoutSecretsIn } from '../workspace/meta.ts';
import type { SnapshotFile } from './backend/results.ts';
import type { DatasetVersion } from './backend/version.ts';
import type { Context } from './context/context.ts';
import { delimiterAtHand } from './datasets/delimiter-at-hand.ts';
import { wholeVersion } from './open-version.ts';
import { storedProfile } from './statistics/stored.ts';

/**
 * The facts of a version of a dataset: what its pointer, its statistics, Git and the settings say. Reads no data; statistics that this
 * clone lacks are fetched, unless the context is offline, and left out with a warning where they cannot be had.
 * @param dataset `path` or `path@REV`
 * @throws VarveError `dataset-missing`, `revision-unknown`
 */
export async function describe(context: Context, dataset: string): Promise<Description> {
  return describeVersion(context, await wholeVersion(context, dataset));
}

export interface DescribeAsOptions {
  /** Where the root of the repository, or of a version of it, is served: what addresses of files start with. */
  readonly baseUrl?: string | undefined;
}

/**
 * As describe, in the form of a standard. Formats that name files read the list of a folder, and bring it if the cache lacks it.
 * @throws VarveError `usage` for a base URL with a user, a password, a query or a fragment; `dataset-missing`, `revision-unknown`,
 * `object-missing`
 */
export async function describeAs(
  context: Context,
  dataset: string,
  format: DescriptionFormat,
  { baseUrl }: DescribeAsOptions = {},
): Promise<string> {
  if (baseUrl !== undefined) checkBaseUrl(baseUrl);
  const version = await wholeVersion(context, dataset);
  const description = await describeVersion(context, version);
  const files: SnapshotFile[] = [];
  if (namesFiles(format)) for await (const file of context.backend.listFiles(version)) files.push(file);
  const place = { root: context.repository.root, now: new Date().toISOString() };
  const urlOf = (path: string): string => urlOfFile(description, path, baseUrl);
  const delimiter =
    format === 'mltable' && description.tables !== null
      ? await delimiterAtHand(context, version, files, description.tables)
      : undefined;
  return renderDescription(description, format, place, { files, urlOf, ...(delimiter && { delimiter }) });
}

/** Relative to the root of the repository, unless it is known where the files are served or lie. */
function urlOfFile({ source, kind, path: dataset }: Description, path: string, baseUrl?: string): string {
  if (baseUrl !== undefined) return joined(baseUrl, path);
  if (source === undefined) return path;
  return kind === 'file' ? asS3(source) : joined(asS3(source), path.slice(dataset.length + 1));
}

/** Paths are put behind it, and what is written goes to others. */
function checkBaseUrl(url: string): void {
  if (!holdsSecret(url) && !/[?#]/.test(url)) return;
  const shown = describeUrl(url);
  throw new VarveError('usage', `The address behind \`--base-url\` is more than a place: ${shown}`, {
    path: shown,
    remedy: `Leave out user, password, query and fragment: whoever reads the document has credentials of their own.`,
  });
}

function joined(base: string, path: string): string {
  return `${base.replace(/\/+$/, '')}/${path.split('/').map(encodeURIComponent).join('/')}`;
}

/** As describe, of a version that is known. */
export async function describeVersion(context: Context, version: DatasetVersion): Promise<Description> {
  const { backend, repository } = context;
  const { path, kind, name, bytes, files, rows, profile, source, meta = {} } = version;
  const remotes = (await backend.listRemotes()).map(({ name: called, url, isDefault }) => ({
    name: called,
    url: describeUrl(url),
    isDefault,
  }));
  const origin = originUrl(repository.root);
  return {
    varveDescription: 1,
    path,
    kind,
    digest: name,
    bytes,
    files,
    ...(rows === undefined ? {} : { rows }),
    ...(profile === undefined ? {} : { profile }),
    revision: version.commit ?? null,
    commit: await commitOf(context, version),
    repository: origin === undefined ? null : describeUrl(origin),
    remotes,
    ...(source === undefined ? {} : { source }),
    meta: withoutSecretsIn(meta),
    tables: await tablesOf(context, version),
  };
}

/** The commit that brought a version, of those that its revision reaches. */
async function commitOf(
  { backend, repository }: Context,
  { path, commit, content, profile }: DatasetVersion,
): Promise<DescribedCommit | null> {
  const revision = commit ?? findRevision(repository.root, 'HEAD');
  if (revision === undefined) return null;
  let brought: DescribedCommit | null = null;
  // A pointer may have changed since for something else that it says, such as its licence.
  for (const { version, ...entry } of await backend.history(path, revision)) {
    if (version?.content !== content || version.profile !== profile) break;
    brought = { ...entry, subject: withoutSecrets(entry.subject) };
  }
  return brought;
}

async function tablesOf(
  context: Context,
  version: DatasetVersion,
): Promise<readonly DescribedTable[] | null> {
  const { path, profile } = version;
  if (profile === undefined) return null;
  try {
    return describedTables(await storedProfile(context, { name: path, path, version }));
  } catch (error) {
    if (!(error instanceof VarveError)) throw error;
    context.onWarning?.(`${error.message}. ${error.remedy}`);
    return null;
  }
}
