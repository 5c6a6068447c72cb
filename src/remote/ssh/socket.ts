import { connect, type Socket } from 'node:net';

/** Much that waits to be sent goes out before more of it is encrypted. In bytes. */
const MAX_HELD = 256 * 1024;

/**
 * Begin a connection that sends what is written in one turn of the loop together, and at once. The client writes a message in three pieces, its
 * length, its content and its tag: each by itself would be a packet of its own, and each but the first would wait for the answer to the one
 * before, 40 ms where the other side holds that back (RFC 896, RFC 1122 section 4.2.3.2).
 */
export function connectSocket(host: string, port: number): Socket {
  const socket = connect({ host, port, noDelay: true });
  const write = socket.write.bind(socket) as (...piece: unknown[]) => boolean;
  let isHeld = false;
  const release = (): void => {
    if (!isHeld) return;
    isHeld = false;
    socket.uncork();
  };
  // A class of its own would not do: Node puts its own method in the place of another when a socket connects.
  socket.write = (...piece: unknown[]): boolean => {
    if (!isHeld) {
      isHeld = true;
      socket.cork();
      process.nextTick(release);
    }
    const hasRoom = write(...piece);
    if (socket.writableLength >= MAX_HELD) release();
    return hasRoom;
  };
  return socket;
}
