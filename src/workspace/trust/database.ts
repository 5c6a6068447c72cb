import { type Certificates, readCertificates } from '../../base/files/certificates.ts';
import { digestOf } from '../../store/format/digest.ts';
import { authorityFile } from '../authority-file.ts';
import { authoritiesOf, type DatabaseOrigin, SYSTEM_AUTHORITIES } from '../database-origin.ts';
import type { TrustRequest } from './request.ts';

/**
 * Make the request of data that a database gave: that this is asked of it, by what this machine knows of passwords. What is asked counts
 * too, since its answer becomes data that is pushed.
 * @param root of the repository, absolute, without symbolic links
 * @param file the pointer that says so, relative to the repository
 * @param read the certificates that the server is going to be held against; unless given, they are read for the request
 */
export function databaseRequest(
  root: string,
  { url, table, query, incremental }: DatabaseOrigin,
  file: string,
  read?: Certificates | undefined,
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
        .map((kept) => ({ key: 'authority', value: contentOf(authorityFile(root, kept), read), file })),
    ],
  };
}

/**
 * Who vouches for the server is part of what is agreed to, wherever the file lies: a commit could reach it by ways that its path does not tell.
 * Of what holds no certificate, which would vouch for nobody, nothing is told.
 */
function contentOf(path: string | undefined, read: Certificates | undefined): string {
  if (path === undefined) return 'none';
  const { pem } = read?.path === path ? read : readCertificates(path);
  return pem === undefined ? 'none' : digestOf(pem);
}
