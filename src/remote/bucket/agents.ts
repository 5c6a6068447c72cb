import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { getProxyForUrl } from 'proxy-from-env';
import { VarveError } from '../../errors.ts';

const MAX_CONNECTIONS = 64;

/** Keeps the connections to one server, over the proxy of this machine if there is one for that server. */
export interface Agents {
  readonly http: http.Agent;
  readonly https: https.Agent;
}

/**
 * The agents for requests to `server`. The proxy is that of HTTPS_PROXY or HTTP_PROXY, unless NO_PROXY names the server.
 * @param server URL
 * @param bundle path of a file of certificates in PEM, which alone are then trusted, as by the AWS command line
 * @throws VarveError `certificates-unreadable`, `proxy-invalid`
 */
export function agentsFor(server: string, bundle: string | undefined): Agents {
  const options = { keepAlive: true, maxSockets: MAX_CONNECTIONS };
  const trusted = bundle === undefined ? {} : { ca: certificates(bundle) };
  const proxy = getProxyForUrl(server);
  if (proxy === '') {
    return { http: new http.Agent(options), https: new https.Agent({ ...options, ...trusted }) };
  }
  try {
    return {
      http: new HttpProxyAgent(proxy, options),
      https: new ProxiedHttps(proxy, options, trusted),
    };
  } catch {
    // The reason may quote the proxy, and with it a password.
    throw new VarveError('proxy-invalid', 'HTTPS_PROXY or HTTP_PROXY is not the address of a proxy', {
      remedy: 'Write it as http://host:port, or name the server in NO_PROXY.',
    });
  }
}

/** The options of the agent are those of the connection to the proxy; these are of the one within. */
class ProxiedHttps extends HttpsProxyAgent<string> {
  readonly #trusted: { readonly ca?: string };

  constructor(proxy: string, options: https.AgentOptions, trusted: { readonly ca?: string }) {
    super(proxy, { ...options, ...trusted });
    this.#trusted = trusted;
  }

  override connect(...[request, options]: Parameters<HttpsProxyAgent<string>['connect']>) {
    const { host = '' } = options;
    // Of a host that is an address, TLS would compare the certificate with no name at all.
    const identity = {
      checkServerIdentity: (_: string, certificate: PeerCertificate) =>
        checkServerIdentity(host, certificate),
    };
    return super.connect(request, { ...options, ...this.#trusted, ...identity });
  }
}

function certificates(bundle: string): string {
  try {
    return readFileSync(bundle, 'utf8');
  } catch (error) {
    throw new VarveError('certificates-unreadable', `Cannot read ${bundle}: ${(error as Error).message}`, {
      path: bundle,
      remedy: 'AWS_CA_BUNDLE, or `ca_bundle` of the AWS profile, names a file of certificates in PEM.',
      cause: error,
    });
  }
}
