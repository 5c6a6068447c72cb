import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';

/** A port that answers as no broker does. */
export interface FakeBroker {
  readonly address: string;
  /** Bytes that it could send, over all connections. */
  readonly sent: number;
  stop(): Promise<void>;
}

/** - `huge`: announces 2 GiB, and sends them - `short`: announces none - `web`: a server of HTTP - `tls`: one that expects TLS - `silent` - `closing` */
export type FakeAnswer = 'huge' | 'short' | 'web' | 'tls' | 'silent' | 'closing';

const HUGE = Buffer.from([0x7f, 0xff, 0xff, 0xff]);
const PIECE = Buffer.alloc(64 * 1024, 'x');
/** Source: RFC 8446, section 6: a fatal alert, "unexpected message". */
const ALERT = Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x0a]);

/** @param tls of a port that speaks TLS, and answers within it */
export async function startFakeBroker(answer: FakeAnswer, tls?: TlsOptions): Promise<FakeBroker> {
  const sockets = new Set<Socket>();
  let sent = 0;
  const flood = (socket: Socket): void => {
    while (socket.writable && sent < HUGE.readUInt32BE()) {
      sent += PIECE.length;
      if (!socket.write(PIECE)) return void socket.once('drain', () => flood(socket));
    }
  };
  const answers: Record<FakeAnswer, (socket: Socket) => void> = {
    short: (socket) => void socket.write(Buffer.alloc(4)),
    huge: (socket) => {
      socket.write(HUGE);
      flood(socket);
    },
    web: (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    tls: (socket) => socket.end(ALERT),
    silent: () => undefined,
    closing: (socket) => socket.end(),
  };
  const serve = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('data', () => answers[answer](socket));
  };
  const server: Server = tls === undefined ? createServer(serve) : createTlsServer(tls, serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as { port: number }).port}`,
    get sent() {
      return sent;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
