import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { type Certificates, readCertificates } from '../base/files/certificates.ts';
import { VarveError } from '../errors.ts';
import { neutral } from '../wording/neutral.ts';
import { clientTlsMode, type DatabaseAddress, SYSTEM, type TlsMode } from './address.ts';

/** What the settings of a database's own clients say of encryption. */
export interface ClientTls {
  readonly mode: string | undefined;
  /** Where that stands, for messages. */
  readonly modePlace: string;
  /** Path of a file of certificates. */
  readonly authority: string | undefined;
}

/** Options of TLS, as both drivers take them. */
export interface TlsOptions {
  readonly rejectUnauthorized: boolean;
  /** In place of the authorities that everybody trusts. */
  readonly ca?: Buffer;
  /** Node would hold the certificate against a name that drivers give only where it is no address of digits: this one knows it. */
  readonly checkServerIdentity: (name: string, certificate: PeerCertificate) => Error | undefined;
}

/**
 * Decide how a connection is encrypted: as the URL says, else as the settings of clients do, else as {@link defaultMode} does.
 * @param server its name or address, or the path of a socket
 * @returns undefined for a connection that is not
 * @throws VarveError `certificates-unreadable`, `database-url-invalid`
 */
export function tlsOptions(
  { tls, authority, certificates: given, socket }: DatabaseAddress,
  server: string,
  client: ClientTls,
): TlsOptions | undefined {
  // Whoever names an authority wants to know by it who answers.
  const named = tls ?? (authority === undefined ? undefined : 'verify');
  const mode = named ?? modeOfClients(server, socket, client) ?? defaultMode(server, socket);
  if (mode === 'disable') return undefined;
  const path = authority ?? client.authority;
  const certificates =
    path === undefined || path === '' || path === SYSTEM
      ? undefined
      : usable(given ?? readCertificates(path));
  const provesName =
    mode === 'verify' || path === SYSTEM || (mode === 'verify-ca' && certificates === undefined);
  return {
    // As PostgreSQL's clients do: an authority that is there is asked.
    rejectUnauthorized: provesName || mode !== 'require' || certificates !== undefined,
    ...(certificates !== undefined && { ca: certificates }),
    // Authorities that everybody trusts vouch for everybody, each by a name of his own: without the name they prove nothing.
    checkServerIdentity: (_, certificate) =>
      provesName ? checkServerIdentity(server, certificate) : undefined,
  };
}

/** What clients are set to is not for sockets. */
function modeOfClients(
  server: string,
  socket: string | undefined,
  { mode, modePlace }: ClientTls,
): TlsMode | undefined {
  return isPath(server, socket) ? undefined : clientTlsMode(mode, modePlace);
}

/** Traffic to another machine is encrypted, and that machine has to prove who it is. */
function defaultMode(server: string, socket: string | undefined): TlsMode {
  const isHere = isPath(server, socket) || ['localhost', '127.0.0.1', '::1'].includes(server);
  return isHere ? 'disable' : 'verify';
}

function isPath(server: string, socket: string | undefined): boolean {
  return socket !== undefined || server.startsWith('/');
}

/** @throws VarveError `certificates-unreadable` */
function usable({ path, pem, problem }: Certificates): Buffer {
  if (pem !== undefined) return pem;
  const shown = neutral(path);
  throw new VarveError(
    'certificates-unreadable',
    `The certificates of ${shown} cannot be read: ${neutral(problem)}`,
    {
      path: shown,
      remedy: `Name the file of the authority that signed the server's certificate, in PEM, by \`?sslrootcert=PATH\` behind the URL.`,
    },
  );
}
