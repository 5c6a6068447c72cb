import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { seededRandom } from './random.ts';

/** A way to a server that breaks connections off. */
export interface FaultyTcp {
  readonly port: number;
  /** Connections so far. */
  readonly connections: number;
  /** Bytes that pass in either direction before the next connection is broken off; undefined: none is. */
  breakAfter: () => number | undefined;
  /** Break off all that there are. */
  drop(): void;
  close(): Promise<void>;
}

/** A proxy in front of a server of any protocol, which does to its connections what networks do. */
export async function startFaultyTcp(target: number): Promise<FaultyTcp> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server: Server = createServer((socket) => {
    connections++;
    let left = faulty.breakAfter();
    const onwards = createConnection({ host: '127.0.0.1', port: target });
    for (const [from, to] of [
      [socket, onwards],
      [onwards, socket],
    ] as const) {
      sockets.add(from);
      from.on('error', () => undefined);
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.on('data', (bytes) => {
        if (left !== undefined) left -= bytes.length;
        if (left !== undefined && left <= 0) {
          socket.destroy();
          onwards.destroy();
        } else if (!to.write(bytes)) {
          from.pause();
          to.once('drain', () => from.resume());
        }
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const faulty: FaultyTcp = {
    port: (server.address() as { port: number }).port,
    get connections() {
      return connections;
    },
    breakAfter: () => undefined,
    drop: () => {
      for (const socket of sockets) socket.destroy();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
  return faulty;
}

/** Each connection breaks off somewhere below `most` bytes; the same seed gives the same sequence. */
export function seededBreaks(seed: number, least: number, most: number): () => number {
  const random = seededRandom(seed);
  return () => least + Math.floor(random() * (most - least));
}
