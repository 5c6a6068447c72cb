/** Warn of a server that is asked without encryption; undefined if it is asked with it, or if nothing leaves this machine. */
export function plainHttpWarning(server: string): string | undefined {
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url?.protocol !== 'http:' || isLoopback(url.hostname)) return undefined;
  return `Requests to ${url.origin} are not encrypted: whoever is on the way can read the data and a session token. Use https:// where the server has it.`;
}

/** Source: RFC 6761, section 6.3 (`localhost`), RFC 1122, section 3.2.1.3 (127/8), RFC 4291, section 2.5.3 (`::1`). */
function isLoopback(host: string): boolean {
  return (
    host === 'localhost' || host.endsWith('.localhost') || /^127(\.\d+){3}$/.test(host) || host === '[::1]'
  );
}
