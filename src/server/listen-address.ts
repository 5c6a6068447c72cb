import { isIP } from 'node:net';
import { VarveError } from '../errors.ts';

export interface ListenAddress {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

const MAX_PORT = 65_535;

/** Read `HOST:PORT`; an IPv6 address stands in brackets. @throws VarveError `listen-invalid` */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):([0-9]{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > MAX_PORT || (match?.[1] !== undefined && isIP(host) !== 6))
    throw new VarveError('listen-invalid', `${text} is not an address to listen at`, {
      path: text,
      remedy: 'Give HOST:PORT, such as 127.0.0.1:8787 or [::1]:8787; port 0 takes a free one.',
    });
  return { host, port };
}

/** Whether a host, as people or the header of a request name it, is this machine and can be reached from nowhere else. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  return isIP(name) === 4 ? name.startsWith('127.') : name === '::1';
}
