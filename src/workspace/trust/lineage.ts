import type { Config } from '../config.ts';
import type { TrustRequest } from './request.ts';

/** Make the request of the address that events of OpenLineage go to; undefined if the settings name none. */
export function lineageRequest({
  openlineage,
  files,
}: Pick<Config, 'openlineage' | 'files'>): TrustRequest | undefined {
  if (openlineage === undefined) return undefined;
  const file = files.get('openlineage')!;
  return { about: 'lineage', name: '', facts: [{ key: 'url', value: openlineage, file }] };
}
