import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import type { ISocketFactory } from 'kafkajs';
import { VarveError } from '../errors.ts';
import type { KafkaAddress } from './address.ts';
import { faultError } from './errors.ts';
import { type BrokerFault, type Connection, connectionFault, foreignAnswer } from './faults.ts';

/** Bytes of one answer that a broker is asked for: what is in memory at a time. */
export const FETCH_BYTES = 16 * 1024 * 1024;
/**
 * The longest answer of a broker that is taken. Brokers send one batch of messages whole, however long it is, and refuse batches of more than
 * 1 MB unless told otherwise.
 */
const MAX_FRAME_BYTES = 4 * FETCH_BYTES;
/** The number of the request that it answers. The driver reads it without a look whether it is there. */
const MIN_FRAME_BYTES = 4;
const KEEP_ALIVE_MS = 60_000;
const LENGTH_BYTES = 4;
const NO_LONGER_NEEDED = 'it is no longer needed';

/** The connections to the brokers of a topic, watched for what no broker sends: the driver keeps whatever comes until an answer is whole. */
export class BrokerConnections {
  readonly #address: KafkaAddress;
  readonly #hasLogin: boolean;
  readonly #onFault: (fault: VarveError) => void;
  readonly #open = new Map<Socket, WatchedConnection>();
  /** What was the matter with each broker last, in the order in which it was met; none of those that answered since. */
  readonly #faults = new Map<string, BrokerFault>();
  #isOver = false;

  /** @param onFault told of what no other attempt changes */
  constructor(address: KafkaAddress, hasLogin: boolean, onFault: (fault: VarveError) => void) {
    this.#address = address;
    this.#hasLogin = hasLogin;
    this.#onFault = onFault;
  }

  /** Opens a connection as the driver itself does. */
  readonly factory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
    const name = isIP(host) === 0 ? { servername: host } : {};
    const broker = `${host}:${port}`;
    const connection: WatchedConnection = {
      broker,
      isNamed: this.#address.brokers.includes(broker.toLowerCase()),
      isTls: Boolean(ssl),
      hasLogin: this.#hasLogin,
      stage: 'connecting',
      answers: 0,
    };
    const onOpen = (): void => {
      connection.stage = 'open';
      onConnect();
    };
    const socket = ssl
      ? connectTls({ host, port, ...name, ...ssl }, onOpen)
      : connect({ host, port }, onOpen);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    this.#open.set(socket, connection);
    this.#watch(socket, connection);
    // The driver goes on trying for a while.
    if (this.#isOver) socket.destroy(new Error(NO_LONGER_NEEDED));
    return socket;
  };

  #watch(socket: Socket, connection: WatchedConnection): void {
    // Of TLS, the handshake comes first.
    if (socket instanceof TLSSocket)
      socket.once('connect', () => {
        connection.stage = 'greeting';
      });
    socket.once('close', () => this.#open.delete(socket));
    const isEndedHere = (): boolean => socket.writableEnded || this.#isOver;
    socket.on('error', (error) => {
      if (error instanceof VarveError) return;
      if (!isEndedHere()) this.#note(connection, connectionFault(connection, error));
      // The driver waits no longer.
      else if (connection.answers === 0) this.#note(connection, connectionFault(connection, 'silent'));
    });
    socket.once('end', () => {
      if (!isEndedHere()) this.#note(connection, connectionFault(connection, 'closed'));
    });
    const frames = new Frames();
    const emit = socket.emit.bind(socket) as (event: string | symbol, ...values: unknown[]) => boolean;
    // The driver listens too, and may break at bytes that are no answer: those it never hears of.
    socket.emit = (event: string | symbol, ...values: unknown[]): boolean =>
      event === 'data' && this.#isForeign(socket, connection, frames, values[0] as Buffer)
        ? true
        : emit(event, ...values);
  }

  /** Look at what came. What is no answer ends the connection. */
  #isForeign(socket: Socket, connection: WatchedConnection, frames: Frames, bytes: Buffer): boolean {
    const head = frames.foreignHead(bytes);
    connection.answers = frames.begun;
    this.#faults.delete(connection.broker);
    if (head === undefined) return false;
    const fault = foreignAnswer(connection, head);
    this.#note(connection, fault);
    socket.destroy(faultError(fault, this.#address));
    return true;
  }

  #note({ broker }: Connection, fault: BrokerFault): void {
    this.#faults.delete(broker);
    this.#faults.set(broker, fault);
    if (fault.isFinal) this.#onFault(faultError(fault, this.#address));
  }

  /** What is the matter with a broker; unless one is named, with the one that failed last, or over whose connection nothing comes. */
  faultAt(broker?: string | undefined): BrokerFault | undefined {
    if (broker !== undefined && this.#faults.has(broker)) return this.#faults.get(broker);
    const waiting = [...this.#open.values()].find(
      (one) => one.answers === 0 && (broker === undefined || one.broker === broker),
    );
    const last = broker === undefined ? [...this.#faults.values()].at(-1) : undefined;
    return last ?? (waiting && connectionFault(waiting, 'silent'));
  }

  /** The brokers to begin with. Without any, the driver gives up what it would try again. */
  readonly brokers = async (): Promise<string[]> => (this.#isOver ? [] : [...this.#address.brokers]);

  /** End all at once, whatever is on its way, so that nothing of it keeps the process. */
  destroy(): void {
    this.#isOver = true;
    for (const socket of this.#open.keys()) socket.destroy(new Error(NO_LONGER_NEEDED));
  }
}

type WatchedConnection = { -readonly [K in keyof Connection]: Connection[K] };

/**
 * Follows the frames of one connection by the lengths before them.
 * Source: Apache Kafka, "Protocol guide", "Protocol Primitives": a size of four bytes, signed, then so many bytes.
 */
class Frames {
  readonly #head = Buffer.alloc(LENGTH_BYTES);
  #headBytes = 0;
  /** Of the frame that is coming. */
  #left = 0;
  /** How many have begun. */
  begun = 0;

  /** Take what came. @returns the first length that no answer has, as its bytes */
  foreignHead(bytes: Buffer): Buffer | undefined {
    for (let at = 0; at < bytes.length; ) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, bytes.length - at);
        this.#left -= taken;
        at += taken;
        continue;
      }
      this.#head[this.#headBytes++] = bytes[at++]!;
      if (this.#headBytes < LENGTH_BYTES) continue;
      this.#headBytes = 0;
      this.begun++;
      this.#left = this.#head.readInt32BE();
      if (this.#left < MIN_FRAME_BYTES || this.#left > MAX_FRAME_BYTES) return this.#head;
    }
    return undefined;
  }
}
