import { readFileSync, statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { digestOf } from '../../store/format/digest.ts';
import { authoritiesOf, type DatabaseOrigin } from '../database-origin.ts';
import { realPlaceOf } from './folders.ts';
import type { Fact, TrustRequest } from './request.ts';

/** What one file of certificates may have. */
const MAX_BYTES = 2 * 1024 * 1024;

/**
 * Make the request of data that a database gave: that this is asked of it, by what this machine knows of passwords. What is asked counts
 * too, since its answer becomes data that is pushed.
 * @param root of the repository, absolute, without symbolic links
 * @param file the pointer that says so, relative to the repository
 */
export function databaseRequest(
  root: string,
  { url, table, query, incremental }: DatabaseOrigin,
  file: string,
): TrustRequest {
  const asked = table === undefined ? { key: 'query', value: query! } : { key: 'table', value: table };
  return {
    about: 'database',
    name: url,
    facts: [
      { key: 'database', value: url, file },
      { ...asked, file },
      ...(incremental === undefined ? [] : [{ key: 'incremental', value: incremental.column, file }]),
      ...authoritiesOf(url).flatMap((path) => authorityFact(root, path, file)),
    ],
  };
}

/**
 * Who vouches for the server is part of what is agreed to, as far as a commit could change it. Files outside of the repository are not
 * even looked at: their digests would tell of what is in them.
 */
function authorityFact(root: string, path: string, file: string): Fact[] {
  if (!isAbsolute(path)) return [];
  const place = realPlaceOf(root, path);
  if (place.isOwn) return [{ key: 'authority', value: contentOf(place.path), file }];
  return place.path === path ? [] : [{ key: 'authority', value: place.path, file }];
}

function contentOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() && found.size <= MAX_BYTES ? digestOf(readFileSync(path)) : 'none';
}
