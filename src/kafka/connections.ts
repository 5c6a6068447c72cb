import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ISocketFactory } from 'kafkajs';
import { VarveError } from '../errors.ts';
import { describeTopic, type KafkaAddress } from './address.ts';

/** Bytes of one answer that a broker is asked for: what is in memory at a time. */
export const FETCH_BYTES = 16 * 1024 * 1024;
/**
 * The longest answer of a broker that is taken. Brokers send one batch of messages whole, however long it is, and refuse batches of more than
 * 1 MB unless told otherwise.
 */
const MAX_FRAME_BYTES = 4 * FETCH_BYTES;
const KEEP_ALIVE_MS = 60_000;
const LENGTH_BYTES = 4;
/** Source: RFC 8446, section 5.1: the type of an alert, and the major version that all versions of TLS begin with. */
const TLS_ALERT = Buffer.from([0x15, 0x03]);

/** The connections to the brokers of a topic, watched for what no broker sends: the driver keeps whatever comes until an answer is whole. */
export class BrokerConnections {
  readonly #address: KafkaAddress;
  readonly #onFault: (fault: VarveError) => void;
  readonly #open = new Set<Socket>();
  #isOver = false;

  /** @param onFault told once for each connection that is ended for what came over it: `stream-error` */
  constructor(address: KafkaAddress, onFault: (fault: VarveError) => void) {
    this.#address = address;
    this.#onFault = onFault;
  }

  /** Opens a connection as the driver itself does. */
  readonly factory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
    const name = isIP(host) === 0 ? { servername: host } : {};
    const socket = ssl
      ? connectTls({ host, port, ...name, ...ssl }, onConnect)
      : connect({ host, port }, onConnect);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
    const frames = new Frames();
    socket.on('data', (bytes: Buffer) => {
      const head = frames.headTooLong(bytes);
      if (head === undefined) return;
      const fault = notKafka(this.#address, `${host}:${port}`, head);
      this.#onFault(fault);
      socket.destroy(fault);
    });
    return socket;
  };

  /** The brokers to begin with. Without any, the driver gives up what it would try again. */
  readonly brokers = async (): Promise<string[]> => (this.#isOver ? [] : [...this.#address.brokers]);

  /** End all at once, whatever is on its way, so that nothing of it keeps the process. */
  destroy(): void {
    this.#isOver = true;
    for (const socket of this.#open) socket.destroy(new Error('it is no longer needed'));
  }
}

/**
 * Follows the frames of one connection by the lengths before them.
 * Source: Apache Kafka, "Protocol guide", "Protocol Primitives": a size of four bytes, signed, then so many bytes.
 */
class Frames {
  readonly #head = Buffer.alloc(LENGTH_BYTES);
  #headBytes = 0;
  /** Of the frame that is coming. */
  #left = 0;

  /** Take what came. @returns the first length that no answer has, as its bytes */
  headTooLong(bytes: Buffer): Buffer | undefined {
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
      this.#left = this.#head.readInt32BE();
      if (this.#left < 0 || this.#left > MAX_FRAME_BYTES) return this.#head;
    }
    return undefined;
  }
}

function notKafka(address: KafkaAddress, broker: string, head: Buffer): VarveError {
  const path = describeTopic(address);
  const isTls = head.subarray(0, TLS_ALERT.length).equals(TLS_ALERT);
  if (isTls)
    return new VarveError('stream-error', `${broker} speaks TLS`, {
      path,
      remedy:
        'Set KAFKA_SECURITY_PROTOCOL to SSL, or to SASL_SSL with KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD.',
    });
  if (head.toString('latin1') === 'HTTP')
    return new VarveError('stream-error', `${broker} is a server of HTTP, and no broker of Kafka`, {
      path,
      remedy: 'Give the port of the broker: 9092, unless its `listeners` name another.',
    });
  return new VarveError(
    'stream-error',
    `${broker} announces an answer of ${head.readUInt32BE()} bytes, and at most 64 MiB are read at once`,
    {
      path,
      remedy:
        'See that host and port are those of a broker of Kafka. Where a topic has single batches as long (`max.message.bytes`), take its messages by `kcat -C -e -b BROKER -t TOPIC | varve add - --to PATH.jsonl`.',
    },
  );
}
