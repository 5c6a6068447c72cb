import { VarveError } from '../errors.ts';
import { neutral } from '../wording/neutral.ts';
import { withoutSecrets } from '../wording/urls.ts';
import { describeTopic, type KafkaAddress } from './address.ts';
import type { BrokerFault } from './faults.ts';

/** What the driver throws: the kind stands in the name of the innermost error, or in what the broker answered. */
interface DriverError extends Error {
  readonly type?: string;
  readonly code?: string | number;
  /** `host:port`, where a connection to it failed. */
  readonly broker?: string;
}

const MAX_SAID = 500;
const NO_TOPIC = ['UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_TOPIC_EXCEPTION'];
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

/**
 * Say what a broker or the driver said, about the topic that was asked for.
 * @param faultAt tells what is the matter with a broker, or with any
 */
export function kafkaError(
  error: unknown,
  address: KafkaAddress,
  faultAt: (broker: string | undefined) => BrokerFault | undefined,
): VarveError {
  if (error instanceof VarveError) return error;
  const path = describeTopic(address);
  const inner = innermost(error as DriverError);
  if (inner instanceof VarveError) return inner;
  if (NO_TOPIC.includes(inner.type ?? '')) return topicMissing(address);
  const refusal = REFUSALS.find(([told]) => told.test(inner.type ?? inner.name));
  if (refusal !== undefined) {
    const [, problem, remedy] = refusal;
    return new VarveError('stream-refused', `${path} lets this user not read: ${problem}`, {
      ...{ path, remedy, cause: error },
    });
  }
  if (NO_CONNECTION.includes(inner.name)) return faultError(faultAt(inner.broker), address, error);
  return new VarveError('stream-error', `${path} says: ${saidBy(inner.message)}`, {
    path,
    remedy: 'Try the same with another client of Kafka, such as `kcat -C -e -b BROKER -t TOPIC`.',
    cause: error,
  });
}

const RIGHTS = 'READ and DESCRIBE on the topic, and READ on groups whose names begin with varve-';

/** By what the broker answers, or the name of what the driver throws. */
const REFUSALS: readonly (readonly [told: RegExp, problem: string, remedy: string])[] = [
  [/^TOPIC_AUTHORIZATION_FAILED$/, 'it has no right to this topic', `Have it given ${RIGHTS}.`],
  [/^GROUP_AUTHORIZATION_FAILED$/, 'it has no right to the group of this reader', `Have it given ${RIGHTS}.`],
  [/^CLUSTER_AUTHORIZATION_FAILED$/, 'it has no right to this cluster', `Have it given ${RIGHTS}.`],
  [
    /^UNSUPPORTED_SASL_MECHANISM$/,
    'the broker has another way to log in',
    'Name the one that it has in KAFKA_SASL_MECHANISM: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.',
  ],
  [
    /^(SASL_AUTHENTICATION_FAILED|KafkaJSSASLAuthenticationError)$/,
    'user or password is not the one that the broker knows',
    'Give both in KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD, or in ~/.config/kcat.conf, and in KAFKA_SASL_MECHANISM the way to log in for which the user was made.',
  ],
];

const NO_ANSWER: BrokerFault = {
  code: 'stream-unreachable',
  problem: 'no answer came in time',
  remedy: 'Check host and port of the broker, and that it is up; then run the same again.',
};

/** A fault of a broker, told of the topic that was asked for. @param fault undefined where nothing is known but that no answer came */
export function faultError(
  fault: BrokerFault | undefined,
  address: KafkaAddress,
  cause?: unknown,
): VarveError {
  const { code, problem, remedy } = fault ?? NO_ANSWER;
  const path = describeTopic(address);
  const message = code === 'stream-unreachable' ? `${path} does not answer: ${problem}` : problem;
  return new VarveError(code, message, { path, remedy, ...(cause !== undefined && { cause }) });
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

/** What may be shown of words of a broker or the driver. */
export function saidBy(text: string): string {
  return neutral(withoutSecrets(text.split('\n')[0]!.slice(0, MAX_SAID)));
}

function innermost(error: DriverError): DriverError {
  let inner = error;
  for (let depth = 0; depth < 10 && inner.cause instanceof Error; depth++) inner = inner.cause as DriverError;
  return inner;
}
