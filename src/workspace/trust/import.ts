import { isAbsolute, resolve } from 'node:path';
import type { Imported } from '../imported.ts';
import type { Repository } from '../repository.ts';
import type { TrustRequest } from './request.ts';

/**
 * Make the request of an import: that Git asks this repository for its history.
 * @param file that names the address, relative to the repository
 */
export function importRequest(
  { root }: Pick<Repository, 'root'>,
  { repository }: Pick<Imported, 'repository'>,
  file: string,
): TrustRequest {
  const value = isPath(repository) ? resolve(root, repository) : repository;
  return { about: 'import', name: repository, facts: [{ key: 'repository', value, file }] };
}

/** Whether an address is a path of this machine, as Git tells it from a URL and from `host:path`. Source: git-fetch(1), Git URLs. */
export function isPath(address: string): boolean {
  return isAbsolute(address) || !/^[^/]*:/.test(address);
}
