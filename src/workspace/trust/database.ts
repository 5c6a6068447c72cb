import { readFileSync, statSync } from 'node:fs';
import { digestOf } from '../../store/format/digest.ts';
import { authorityFile } from '../authority-file.ts';
import { authoritiesOf, type DatabaseOrigin, SYSTEM_AUTHORITIES } from '../database-origin.ts';
import type { TrustRequest } from './request.ts';

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
      ...authoritiesOf(url)
        .filter((kept) => kept !== SYSTEM_AUTHORITIES)
        .map((kept) => ({ key: 'authority', value: contentOf(authorityFile(root, kept)), file })),
    ],
  };
}

/**
 * Who vouches for the server is part of what is agreed to, wherever the file lies: a commit could reach it by ways that its path does not tell.
 * Of what holds no certificate, which would vouch for nobody, nothing is told.
 */
function contentOf(path: string | undefined): string {
  try {
    const found = path === undefined ? undefined : statSync(path);
    const bytes = found?.isFile() && found.size <= MAX_BYTES ? readFileSync(path!) : undefined;
    if (bytes?.includes('CERTIFICATE-----')) return digestOf(bytes);
  } catch {
    // Whoever asks the database is told why.
  }
  return 'none';
}
