import { readFileSync, statSync } from 'node:fs';

/** A file of certificates that was read. Who vouches for a server is agreed to, and asked, by the same bytes, whatever becomes of the file. */
export type Certificates = { readonly path: string } & (
  | { readonly pem: Buffer; readonly problem?: undefined }
  | { readonly pem?: undefined; readonly problem: string }
);

/** Some ten times those of the whole web. */
const MAX_BYTES = 2 * 1024 * 1024;
const CERTIFICATE = /-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----/;

/** Read a file of certificates in PEM, or tell why it is none. */
export function readCertificates(path: string): Certificates {
  try {
    const found = statSync(path);
    if (!found.isFile() || found.size > MAX_BYTES)
      return { path, problem: 'it is no plain file of certificates' };
    const pem = readFileSync(path);
    return CERTIFICATE.test(pem.toString('latin1'))
      ? { path, pem }
      : { path, problem: 'it holds no certificate in PEM' };
  } catch (error) {
    return { path, problem: (error as Error).message };
  }
}
