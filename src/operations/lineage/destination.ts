import { resolve } from 'node:path';
import { describeUrl } from '../../wording/urls.ts';
import { readConfig } from '../../workspace/config.ts';
import { type Repository, refuseLinksOut } from '../../workspace/repository.ts';
import { isTrusted } from '../../workspace/trust/consent.ts';
import { lineageRequest } from '../../workspace/trust/lineage.ts';
import { fingerprint } from '../../workspace/trust/request.ts';

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
export function findDestination({ cwd, repository, openlineage, onWarning }: Asker): Destination | undefined {
  const { OPENLINEAGE_DISABLED, OPENLINEAGE_URL } = process.env;
  if (openlineage === null) return undefined;
  if (openlineage !== undefined) return destinationOf(cwd, openlineage);
  if (/^(true|1)$/i.test(OPENLINEAGE_DISABLED ?? '')) return undefined;
  if (OPENLINEAGE_URL) return server(OPENLINEAGE_URL, endpointIn(OPENLINEAGE_URL));
  return repository && destinationInSettings(repository, onWarning);
}

/** @throws VarveError `symlink-refused` for a file behind a link that leads out */
function destinationOf(cwd: string, place: string): Destination {
  if (/^https?:\/\//i.test(place)) return serverAt(place);
  refuseLinksOut(cwd, place);
  return { kind: 'file', path: resolve(cwd, place), name: place };
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
