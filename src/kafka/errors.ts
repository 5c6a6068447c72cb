import { VarveError } from '../errors.ts';
import { neutral } from '../wording/neutral.ts';
import { withoutSecrets } from '../wording/urls.ts';
import { describeTopic, type KafkaAddress } from './address.ts';

/** What the driver throws: the kind stands in the name of the innermost error, or in what the broker answered. */
interface DriverError extends Error {
  readonly type?: string;
  readonly code?: string | number;
}

const MAX_SAID = 500;
const NO_TOPIC = ['UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_TOPIC_EXCEPTION'];
const NO_RIGHT = ['TOPIC_AUTHORIZATION_FAILED', 'GROUP_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED'];
const NO_CONNECTION = [
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSBrokerNotFound',
];

const GIVEN_OUT_ANEW = ['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID'];

/** Whether a group refuses a member, since partitions are being given out to others. */
export function isGivenOutAnew(error: unknown): boolean {
  return GIVEN_OUT_ANEW.includes(innermost(error as DriverError).type ?? '');
}

/** Say what a broker or the driver said, about the topic that was asked for. */
export function kafkaError(error: unknown, address: KafkaAddress): VarveError {
  if (error instanceof VarveError) return error;
  const path = describeTopic(address);
  const inner = innermost(error as DriverError);
  if (inner instanceof VarveError) return inner;
  const said = saidBy(inner);
  if (NO_TOPIC.includes(inner.type ?? '')) return topicMissing(address);
  if (NO_RIGHT.includes(inner.type ?? '') || inner.name === 'KafkaJSSASLAuthenticationError')
    return new VarveError('stream-refused', `${path} lets this user not read: ${said}`, {
      path,
      remedy:
        'Give user and password in KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD or ~/.config/kcat.conf; the user needs READ and DESCRIBE on the topic, and READ on groups whose names begin with varve-.',
      cause: error,
    });
  if (NO_CONNECTION.includes(inner.name)) return unreachable(address, said, error);
  return new VarveError('stream-error', `${path} says: ${said}`, {
    path,
    remedy: 'Try the same with another client of Kafka, such as `kcat -C -e -b BROKER -t TOPIC`.',
    cause: error,
  });
}

/** @param said what is known of the reason; unless given, that no answer came */
export function unreachable(
  address: KafkaAddress,
  said = 'connections are taken, and nothing comes back',
  cause?: unknown,
): VarveError {
  const path = describeTopic(address);
  return new VarveError('stream-unreachable', `${path} does not answer: ${said}`, {
    path,
    remedy:
      'Check host and port of the URL, and that the broker is up; one that wants TLS or SASL needs KAFKA_SECURITY_PROTOCOL.',
    ...(cause !== undefined && { cause }),
  });
}

export function topicMissing(address: KafkaAddress): VarveError {
  const path = describeTopic(address);
  return new VarveError(
    'topic-missing',
    `There is no topic ${address.topic} at ${address.brokers.join(',')}`,
    {
      path,
      remedy: 'Check the spelling of the topic, and that this user may see it.',
    },
  );
}

/** What may be shown of an error. */
export function saidBy(error: unknown): string {
  const { message } = innermost(error as DriverError);
  return neutral(withoutSecrets(message.split('\n')[0]!.slice(0, MAX_SAID)));
}

function innermost(error: DriverError): DriverError {
  let inner = error;
  for (let depth = 0; depth < 10 && inner.cause instanceof Error; depth++) inner = inner.cause as DriverError;
  return inner;
}
