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
