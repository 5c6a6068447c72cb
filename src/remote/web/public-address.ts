import { type LookupAddress, type LookupOptions, lookup } from 'node:dns';
import { BlockList, isIP, isIPv4 } from 'node:net';
import { VarveError } from '../../errors.ts';

/** Addresses that only reach who is in some network. Source: IANA IPv4 Special-Purpose Address Registry (RFC 6890); multicast, RFC 5771. */
const SPECIAL_V4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const;
/** Global unicast alone is public (RFC 4291, section 2.4); of it, these are not, or carry an address of IPv4: Teredo, documentation, 6to4. */
const GLOBAL_V6 = ['2000::', 3] as const;
const SPECIAL_V6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const;

const special = new BlockList();
for (const [net, prefix] of SPECIAL_V4) special.addSubnet(net, prefix, 'ipv4');
for (const [net, prefix] of SPECIAL_V6) special.addSubnet(net, prefix, 'ipv6');
const global = new BlockList();
global.addSubnet(...GLOBAL_V6, 'ipv6');

/** Whether everybody on the internet reaches the same machine at this address. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !special.check(address, 'ipv4');
  return isIP(address) === 6 && global.check(address, 'ipv6') && !special.check(address, 'ipv6');
}

type Found = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void;

/**
 * Look a name up as Node does for a connection, and refuse it where any of its addresses is not public: looked up here, the address that
 * was judged is the one that is connected to.
 */
export function publicLookup(host: string, options: LookupOptions, found: Found): void {
  lookup(host, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return found(error, []);
    if (!addresses.every(({ address }) => isPublicAddress(address))) return found(notPublic(host), []);
    const [first] = addresses;
    if (options.all || first === undefined) return found(null, addresses);
    return found(null, first.address, first.family);
  });
}

/** @throws VarveError `redirect-refused` if the host of a URL is an address that is not public */
export function refusePrivateHost({ hostname }: URL): void {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && !isPublicAddress(host)) throw notPublic(host);
}

export function notPublic(host: string): VarveError {
  return redirectRefused(`to ${host}, which is not a place on the public internet`, host);
}

export function redirectRefused(where: string, path: string): VarveError {
  return new VarveError('redirect-refused', `The web server sends on ${where}`, {
    path,
    remedy:
      'Nothing was asked there. Ask who runs the server for an address that needs no such redirect, and name that.',
  });
}
