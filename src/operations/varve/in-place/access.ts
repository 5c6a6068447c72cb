import { type ErrorCode, VarveError } from '../../../errors.ts';
import { optionWord, shellWord } from '../../../wording/quote.ts';
import { type Access, accessTo, LOCAL_CONFIG, readConfig, setSource } from '../../../workspace/config.ts';
import { giveConsent, isTrusted, requireTrust } from '../../../workspace/trust/consent.ts';
import type { WorkingContext } from '../../context/context.ts';
import { sourceRequest } from '../stores/requests.ts';

/**
 * How a source is reached that somebody at this machine named: as they say it, and as the settings do. What is typed is agreed to; what
 * settings add is not.
 * @throws VarveError `settings-untrusted`
 */
export function agreedAccess({ repository }: WorkingContext, url: string, typed: Access): Access {
  const config = readConfig(repository);
  const known = accessTo(config, url);
  const added = Object.keys(known).some((key) => !(key in typed));
  if (added) requireTrust(repository.root, sourceRequest(config, url, LOCAL_CONFIG));
  return { ...known, ...typed };
}

/**
 * Keep what somebody at this machine said of a source in its settings, and that this machine agreed to it.
 * @throws VarveError `settings-untrusted` if settings that are not agreed to would be kept with it
 */
export function keepAccess(context: WorkingContext, url: string, typed: Access): void {
  const { repository } = context;
  agreedAccess(context, url, typed);
  setSource(repository, url, typed);
  const request = sourceRequest(readConfig(repository), url, LOCAL_CONFIG);
  if (request !== undefined && !isTrusted(repository.root, request)) giveConsent(repository.root, request);
}

/** By which a server, or what does not lie there, may tell that another one was meant. */
const FROM_ANOTHER_SERVER: readonly ErrorCode[] = [
  ...(['access-denied', 'bucket-missing', 'path-missing', 'remote-error', 'remote-unavailable'] as const),
  'endpoint-unreachable',
  ...(['credentials-expired', 'credentials-missing', 'credentials-refused'] as const),
];
/** The server, with its bucket. */
const BUCKET = /^\w+:\/\/[^/]*/;

/**
 * Say of an error of a server what is to be typed where settings of this machine reach another place in the bucket elsewhere. What somebody
 * named for that place is not taken for this one: credentials would go where nobody sent them.
 */
export function namingEndpoint(
  { repository }: WorkingContext,
  url: string,
  typed: Access,
  error: unknown,
): unknown {
  if (!(error instanceof VarveError) || !FROM_ANOTHER_SERVER.includes(error.code)) return error;
  const config = readConfig(repository);
  if ({ ...accessTo(config, url), ...typed }.endpoint !== undefined) return error;
  const [bucket] = BUCKET.exec(url)!;
  const neighbour = [...config.sources].find(
    ([other, { endpoint }]) => endpoint !== undefined && `${other}/`.startsWith(`${bucket}/`),
  );
  if (neighbour === undefined) return error;
  const [other, { endpoint, region, profile }] = neighbour;
  const options = Object.entries({ endpoint, region, profile }).flatMap(([name, value]) =>
    value === undefined ? [] : [optionWord(name, value)],
  );
  const command = `varve remote source ${shellWord(bucket)} ${options.join(' ')}`;
  const { code, message, path, remedy, details } = error;
  return new VarveError(code, message, {
    ...(path !== undefined && { path }),
    remedy: `${LOCAL_CONFIG} says for ${other} alone that it is reached at ${endpoint}. If all of ${bucket} is, run \`${command}\`, then the same command again. Else: ${remedy}`,
    ...{ details, cause: error },
  });
}
