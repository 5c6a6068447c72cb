/**
 * The room of Kafka: messages of one topic, read through the package that users install for it, and the schemas that a registry has. It
 * knows brokers, offsets and where secrets are kept; it knows no rows, no engine and no repository.
 */

import { VarveError } from '../errors.ts';
import { withoutSecrets } from '../wording/urls.ts';

/** A topic, and brokers by which its cluster is found. It holds no user and no password. */
export interface KafkaAddress {
  /** Each `host:port`. */
  readonly brokers: readonly string[];
  readonly topic: string;
}

const KAFKA_URL = /^kafka:\/\//i;
const DEFAULT_PORT = 9092;
const MAX_PORT = 65_535;
/** Source: Apache Kafka, org.apache.kafka.common.internals.Topic: what a topic may be called. */
const TOPIC = /^(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}$/;
const BROKER = /^(\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9_](?:[a-zA-Z0-9._-]*[a-zA-Z0-9_])?)(?::(\d{1,5}))?$/;

export function isKafkaUrl(text: string): boolean {
  return KAFKA_URL.test(text);
}

/**
 * Read `kafka://broker[:port][,broker…]/topic`.
 * @throws VarveError `stream-url-invalid`
 */
export function parseKafkaUrl(text: string): KafkaAddress {
  const rest = text.replace(KAFKA_URL, '');
  if (rest.includes('@')) throw secretShown(text);
  const slash = rest.indexOf('/');
  const topic = slash < 0 ? '' : rest.slice(slash + 1);
  if (!TOPIC.test(topic)) throw invalid(text, 'names no topic');
  return {
    brokers: rest
      .slice(0, slash)
      .split(',')
      .map((broker) => brokerOf(broker, text)),
    topic,
  };
}

function brokerOf(broker: string, text: string): string {
  const [, host, port = String(DEFAULT_PORT)] = BROKER.exec(broker) ?? [];
  if (host === undefined) throw invalid(text, 'names no broker, or one that is no host and port');
  if (Number(port) < 1 || Number(port) > MAX_PORT) throw invalid(text, 'has a port that there is not');
  return `${host.toLowerCase()}:${Number(port)}`;
}

/** The address in one form. */
export function describeTopic({ brokers, topic }: KafkaAddress): string {
  return `kafka://${brokers.join(',')}/${topic}`;
}

function invalid(text: string, problem: string): VarveError {
  const shown = withoutSecrets(text);
  return new VarveError('stream-url-invalid', `${shown} ${problem}`, {
    path: shown,
    remedy: 'Write it as kafka://HOST:PORT/TOPIC, or kafka://HOST:PORT,HOST:PORT/TOPIC.',
  });
}

function secretShown(text: string): VarveError {
  const shown = withoutSecrets(text);
  return new VarveError('stream-url-invalid', `The URL of ${shown} holds a user or a password`, {
    path: shown,
    remedy:
      'Leave it out: it would stay in the history of the shell. Put it into KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD, or into ~/.config/kcat.conf.',
  });
}
