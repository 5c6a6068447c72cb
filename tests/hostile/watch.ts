import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** What lies below a folder: of each path its kind, mode and content. */
export function snapshotOf(folder: string): Map<string, string> {
  const found = new Map<string, string>();
  const walk = (path: string): void => {
    for (const name of readdirSync(join(folder, path))) {
      const below = path === '' ? name : `${path}/${name}`;
      const stat = lstatSync(join(folder, below));
      if (stat.isDirectory()) {
        found.set(`${below}/`, 'folder');
        walk(below);
      } else if (stat.isSymbolicLink()) found.set(below, `link to ${readlinkSync(join(folder, below))}`);
      else {
        const digest = createHash('sha256')
          .update(readFileSync(join(folder, below)))
          .digest('hex');
        found.set(below, `${(stat.mode & 0o777).toString(8)} ${digest.slice(0, 16)}`);
      }
    }
  };
  walk('');
  return found;
}

/** Paths that came, went or changed. */
export function changesBetween(before: Map<string, string>, after: Map<string, string>): string[] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths].filter((path) => before.get(path) !== after.get(path)).sort();
}

/** A server that nobody should ask. */
export class CanaryServer {
  readonly asked: string[] = [];
  readonly #server: Server = createServer((request, response) => {
    this.asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`);
    request.resume();
    response.writeHead(403).end();
  });

  async start(): Promise<void> {
    // Also what is not HTTP, or is sent to a proxy.
    this.#server.on('connection', (socket) => this.asked.push(`a connection from port ${socket.remotePort}`));
    this.#server.on('connect', (_, socket) => socket.destroy());
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
