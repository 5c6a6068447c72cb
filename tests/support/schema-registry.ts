import { createServer } from 'node:http';

interface Registered {
  readonly schema: string;
  readonly schemaType?: string;
  readonly references?: readonly { name: string; subject: string; version: number }[];
}

/** A server with the two questions of a registry of schemas that reading needs. */
export interface RegistryServer {
  readonly url: string;
  /** What `Authorization` said, request by request. */
  readonly logins: (string | undefined)[];
  readonly paths: string[];
  stop(): Promise<void>;
}

/**
 * Source: Confluent, "Schema Registry API Reference".
 * @param outages how many requests are answered with status 503 before the first that is answered
 */
export async function startRegistry(
  byId: Readonly<Record<number, Registered>>,
  bySubject: Readonly<Record<string, Registered>> = {},
  outages = 0,
): Promise<RegistryServer> {
  const logins: (string | undefined)[] = [];
  const paths: string[] = [];
  let left = outages;
  const server = createServer((request, response) => {
    logins.push(request.headers.authorization);
    paths.push(request.url!);
    const [, id] = /^\/schemas\/ids\/(\d+)$/.exec(request.url!) ?? [];
    const [, subject, version] = /^\/subjects\/([^/]+)\/versions\/(\d+)$/.exec(request.url!) ?? [];
    const found =
      id === undefined ? bySubject[`${decodeURIComponent(subject ?? '')}:${version}`] : byId[Number(id)];
    if (left > 0) {
      left--;
      response.writeHead(503).end();
    } else if (found === undefined) {
      response.writeHead(404).end(JSON.stringify({ error_code: 40_403, message: 'Schema not found' }));
    } else {
      response.writeHead(200, { 'content-type': 'application/vnd.schemaregistry.v1+json' });
      response.end(JSON.stringify(found));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    logins,
    paths,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
