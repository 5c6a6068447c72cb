import { describeUrl } from '../../wording/urls.ts';
import type { ListedRemote } from '../backend/results.ts';
import type { DvcPlace } from './context.ts';

/** List the remotes of DVC's configuration. */
export function listRemotes({ repository }: DvcPlace): ListedRemote[] {
  const { remotes, defaultRemote } = repository.config;
  return [...remotes].map(([name, settings]) => ({
    name,
    url: describeUrl(settings.get('url') ?? ''),
    isDefault: name === defaultRemote,
  }));
}
