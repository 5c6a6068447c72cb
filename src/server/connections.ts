import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { whenOver } from './when-over.ts';

interface Connection {
  /** What requests come on: that of TLS, once there is one. */
  socket: Socket;
  /** Requests that are not answered to their end. */
  running: number;
}

/**
 * The connections of a server, and which of them wait for an answer. Node takes one that has never sent a request, or has sent half of one,
 * for busy, and keeps one open that was busy when the server closed: an end in order would wait for both.
 */
export class Connections {
  readonly #open = new Map<string, Connection>();
  #isEnding = false;

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => this.#add(socket));
    server.on('request', (request, response) => {
      const connection = this.#open.get(endsOf(request.socket));
      if (connection === undefined) return;
      connection.socket = request.socket;
      connection.running += 1;
      whenOver(request, response, () => {
        connection.running -= 1;
        this.#endIfIdle(connection);
      });
    });
  }

  /** From now on each connection ends with its last answer, and one that waits for none at once. */
  end(): void {
    this.#isEnding = true;
    for (const connection of this.#open.values()) this.#endIfIdle(connection);
  }

  /** Cut all that are left. */
  cut(): void {
    for (const { socket } of this.#open.values()) socket.destroy();
  }

  #add(socket: Socket): void {
    const ends = endsOf(socket);
    const connection: Connection = { socket, running: 0 };
    this.#open.set(ends, connection);
    socket.once('close', () => {
      if (this.#open.get(ends) === connection) this.#open.delete(ends);
    });
    this.#endIfIdle(connection);
  }

  #endIfIdle({ socket, running }: Connection): void {
    // What was written goes out before.
    if (this.#isEnding && running === 0) socket.destroySoon();
  }
}

/** What both the socket of the system and that of TLS on top of it tell of a connection. */
function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}
