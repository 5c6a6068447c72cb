import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { VarveError } from '../../errors.ts';
import { describeUrl, URL_SCHEME } from '../../wording/urls.ts';
import { readConfig } from '../../workspace/config.ts';
import type { Repository } from '../../workspace/repository.ts';
import { isTrusted } from '../../workspace/trust/consent.ts';
import { lineageRequest } from '../../workspace/trust/lineage.ts';
import { fingerprint } from '../../workspace/trust/request.ts';
import { checkOutputPlace } from '../datasets/output-place.ts';

/** Where events go: each a line at the end of a file, or a request to a server. */
export type Destination =
  | { readonly kind: 'file'; readonly path: string; readonly name: string }
  | { readonly kind: 'server'; readonly url: string; readonly name: string };

/** The path of OpenLineage's HTTP transport, unless OPENLINEAGE_ENDPOINT names another. */
const ENDPOINT = 'api/v1/lineage';

/** Who wants to know where events go. */
export interface Asker {
  /** Absolute. */
  readonly cwd: string;
  /** Undefined outside a repository. */
  readonly repository: Repository | undefined;
  /** As Watch has it. */
  readonly openlineage: string | null | undefined;
  readonly onWarning: ((text: string) => void) | undefined;
}

/**
 * Find where events of OpenLineage are to go: as the caller says, else as the environment does in the words of the standard's clients, else
 * as the settings do. A setting to which this machine did not agree counts for nothing, and a warning says so.
 * @returns undefined if nobody is to be told
 */
export async function findDestination({
  cwd,
  repository,
  openlineage,
  onWarning,
}: Asker): Promise<Destination | undefined> {
  const { OPENLINEAGE_DISABLED, OPENLINEAGE_URL } = process.env;
  if (openlineage === null) return undefined;
  if (openlineage !== undefined) return destinationOf(cwd, openlineage);
  if (/^(true|1)$/i.test(OPENLINEAGE_DISABLED ?? '')) return undefined;
  if (OPENLINEAGE_URL) return server(OPENLINEAGE_URL, endpointIn(OPENLINEAGE_URL));
  return repository && destinationInSettings(repository, onWarning);
}

/** @throws VarveError `usage` for an address of another kind, and as checkOutputPlace for a file */
async function destinationOf(cwd: string, place: string): Promise<Destination> {
  if (/^https?:\/\//i.test(place)) return serverAt(place);
  const file = fileNamed(cwd, place);
  await checkOutputPlace(cwd, file);
  refuseSecondName(resolve(cwd, file), file);
  return { kind: 'file', path: resolve(cwd, file), name: file };
}

/** Events are put behind what is there, and so into every other file that shares its bytes, such as data. */
function refuseSecondName(path: string, name: string): void {
  const there = statSync(path, { throwIfNoEntry: false });
  if (there === undefined || !there.isFile() || there.nlink < 2) return;
  throw new VarveError(
    'output-reserved',
    `No event is written to ${name}: it shares its bytes with another file`,
    {
      path: name,
      remedy: 'It is a hard link. Name another file for the events.',
    },
  );
}

/** A path, or the URL of a file of this machine. One letter before a colon is a drive of Windows. */
function fileNamed(cwd: string, place: string): string {
  const [, scheme] = /^([a-z][a-z0-9+.-]+):/i.exec(place) ?? [];
  if (scheme === undefined) return place;
  try {
    if (/^file$/i.test(scheme)) return fileURLToPath(new URL(place, pathToFileURL(join(cwd, '/'))));
  } catch {
    // Of another machine, or with a path that no file has.
  }
  const shown = URL_SCHEME.test(place) ? describeUrl(place) : `${scheme}:…`;
  throw new VarveError('usage', `No event of OpenLineage can be sent to ${shown}`, {
    path: shown,
    remedy:
      'Name a server by http:// or https://, or a file by its path or file:///path. A file whose name has a colon is named as `./a:b`.',
  });
}

function destinationInSettings(
  repository: Repository,
  onWarning: Asker['onWarning'],
): Destination | undefined {
  const config = readConfig(repository);
  const request = lineageRequest(config);
  if (request === undefined) return undefined;
  if (isTrusted(repository.root, request)) return serverAt(config.openlineage!);
  const { value, file } = request.facts[0]!;
  onWarning?.(
    `No event of OpenLineage is sent to ${describeUrl(value)}: ${file} names it, and this machine has not agreed to that. ` +
      `If you know the place, run \`varve trust ${fingerprint(request)}\`.`,
  );
  return undefined;
}

/** An address with a path is the whole of it; one without gets the path of the standard's clients. */
function serverAt(place: string): Destination {
  const path = URL.canParse(place) ? new URL(place).pathname : '';
  return server(place, path === '/' ? endpointIn(place) : place);
}

function server(place: string, url: string): Destination {
  return { kind: 'server', url, name: describeUrl(place) };
}

function endpointIn(base: string): string {
  const endpoint = process.env.OPENLINEAGE_ENDPOINT || ENDPOINT;
  return URL.canParse(endpoint, base) ? new URL(endpoint, base).href : base;
}
