import { networkFailure } from '../wording/network-failures.ts';
import { brief } from '../wording/neutral.ts';

/** What is known of a connection to a broker. */
export interface Connection {
  /** `host:port` */
  readonly broker: string;
  /** Whether the user named it; the others are named by the cluster. */
  readonly isNamed: boolean;
  readonly isTls: boolean;
  readonly hasLogin: boolean;
  /** `greeting` is the handshake of TLS. */
  readonly stage: 'connecting' | 'greeting' | 'open';
  /** Answers that came whole, or have begun. */
  readonly answers: number;
}

/** Why a broker cannot be asked, and what to do. */
export interface BrokerFault {
  readonly code: 'stream-unreachable' | 'stream-refused' | 'stream-error' | 'tls-refused';
  /** Names the broker: it is a sentence of its own, and stands behind a colon. */
  readonly problem: string;
  readonly remedy: string;
  /** Set where trying again cannot help. */
  readonly isFinal?: true;
}

const MAX_SAID = 200;
const LOGIN = 'KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD, or ~/.config/kcat.conf';
const WITHOUT_TLS =
  'Where that listener has no TLS, set KAFKA_SECURITY_PROTOCOL to PLAINTEXT; to SASL_PLAINTEXT only within a network that you trust, since PLAIN sends the password as it is.';
const WITH_TLS =
  'Set KAFKA_SECURITY_PROTOCOL to SSL, or to SASL_SSL with KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD.';

/** Say what is wrong with a connection that failed, that the broker closed, or over which nothing comes. */
export function connectionFault(connection: Connection, ending: Error | 'closed' | 'silent'): BrokerFault {
  if (ending === 'silent') return silent(connection);
  if (ending === 'closed') return closed(connection);
  const { code = '' } = ending as NodeJS.ErrnoException;
  if (connection.stage === 'connecting') return unreached(connection, networkFailure(code) ?? said(ending));
  const known = BY_CODE.find(([codes]) => codes.test(code))?.[1];
  if (known !== undefined) return known(connection);
  if (/^(ECONNRESET|EPIPE)$/.test(code)) return closed(connection);
  return passing(connection, networkFailure(code) ?? said(ending));
}

function said({ message }: Error): string {
  return brief(message.split('\n')[0]!, MAX_SAID);
}

/** One that may be over when it is tried again. */
function passing({ broker }: Connection, problem: string, remedy = SEE_BROKER): BrokerFault {
  return { code: 'stream-unreachable', problem: `${broker}: ${problem}`, remedy };
}

const SEE_BROKER = 'See that the broker is up, and what its log says; then run the same again.';

/** Nobody took the connection. */
function unreached(connection: Connection, problem: string): BrokerFault {
  if (connection.isNamed)
    return passing(
      connection,
      problem,
      'Check host and port of the broker, that it is up, and that no firewall lies between.',
    );
  return passing(
    connection,
    `the cluster names this broker, and ${problem}`,
    'Have `advertised.listeners` of the broker name a host and a port that lead to it from this machine too; or run varve where they do.',
  );
}

function silent(connection: Connection): BrokerFault {
  if (connection.stage === 'connecting') return unreached(connection, 'it takes no connection');
  return passing(
    connection,
    'connections are taken, and nothing comes back',
    `Check host and port of the broker. ${connection.isTls ? WITHOUT_TLS : `Where that listener has TLS: ${WITH_TLS}`}`,
  );
}

/** What a broker means that closes a connection is told by when it does so. */
function closed(connection: Connection): BrokerFault {
  const { stage, isTls, hasLogin, answers } = connection;
  if (stage === 'greeting')
    return passing(
      connection,
      'it ends the connection when TLS begins, as one does that has none',
      WITHOUT_TLS,
    );
  if (answers === 0 && !isTls)
    return passing(
      connection,
      'it ends the connection at the first word, as one does that wants TLS',
      `Where that listener has TLS: ${WITH_TLS} Else see what the log of the broker says.`,
    );
  if (answers === 1 && !hasLogin)
    return passing(
      connection,
      'it ends the connection behind its first answer, as one does that wants a login',
      `Give user and password in ${LOGIN}. ${isTls ? '' : WITHOUT_TLS}`.trim(),
    );
  return passing(connection, 'it ended the connection');
}

type Told = (connection: Connection) => BrokerFault;

/** A certificate that does not prove who answers. */
const unproven =
  (problem: string, remedy: string): Told =>
  ({ broker }) => ({
    code: 'tls-refused',
    problem: `${broker} does not prove who it is: ${problem}`,
    remedy,
    isFinal: true,
  });

/** By codes of Node and OpenSSL; the first that fits counts. */
const BY_CODE: readonly (readonly [codes: RegExp, told: Told])[] = [
  [
    /^ERR_TLS_CERT_ALTNAME|^HOSTNAME_MISMATCH/,
    unproven(
      'its certificate is for another name',
      'Name the broker as its certificate does, in the URL and in `advertised.listeners`; or give it a certificate for the name that it has.',
    ),
  ],
  [
    /^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/,
    unproven(
      'its certificate is not valid today',
      'Have the certificate of the broker renewed; check the clock of this machine.',
    ),
  ],
  [
    /^(CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|INVALID_CA)/,
    unproven(
      'no authority that this machine trusts has signed its certificate',
      'Name the file of the authority that did, in PEM, in KAFKA_SSL_CA_LOCATION, or as ssl.ca.location in ~/.config/kcat.conf.',
    ),
  ],
  [
    /^ERR_SSL_\w*ALERT_(CERTIFICATE|BAD_CERTIFICATE|UNKNOWN_CA|UNSUPPORTED_CERTIFICATE|NO_CERTIFICATE)/,
    ({ broker }) => ({
      code: 'stream-refused',
      problem: `${broker} wants a certificate of this client, and took none`,
      remedy:
        'Name your certificate and its key, in PEM, in KAFKA_SSL_CERTIFICATE_LOCATION and KAFKA_SSL_KEY_LOCATION, signed by an authority that the broker trusts.',
      isFinal: true,
    }),
  ],
  [
    /^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH|HTTP_REQUEST|RECORD_|UNEXPECTED_MESSAGE)|^EPROTO$/,
    ({ broker }) => ({
      code: 'stream-error',
      problem: `${broker} does not speak TLS`,
      remedy: `Check host and port of the broker. ${WITHOUT_TLS}`,
      isFinal: true,
    }),
  ],
  [
    /^ERR_SSL_/,
    ({ broker }) => ({
      code: 'tls-refused',
      problem: `${broker} speaks no TLS that this machine does too`,
      remedy: 'Let the listener of the broker have TLS 1.2 or 1.3 (`ssl.enabled.protocols`).',
      isFinal: true,
    }),
  ],
];

/** A broker whose listener has no logins was given one. */
export function loginUnwanted(brokers: readonly string[]): BrokerFault {
  return {
    code: 'stream-refused',
    problem: `${brokers.join(',')} wants no login, and was given one`,
    remedy:
      'Set KAFKA_SECURITY_PROTOCOL to PLAINTEXT, or to SSL where that listener has TLS; or give the port of a listener that has SASL.',
    isFinal: true,
  };
}

/** Source: RFC 8446, section 5.1: the type of an alert, and the major version that all versions of TLS begin with. */
const TLS_ALERT = Buffer.from([0x15, 0x03]);

/** Say what answers with something that no broker sends. @param head four bytes where a length should be */
export function foreignAnswer({ broker }: Connection, head: Buffer): BrokerFault {
  const fault = (problem: string, remedy: string): BrokerFault => ({
    code: 'stream-error',
    problem: `${broker} ${problem}`,
    remedy,
    isFinal: true,
  });
  if (head.subarray(0, TLS_ALERT.length).equals(TLS_ALERT)) return fault('speaks TLS', WITH_TLS);
  if (head.toString('latin1') === 'HTTP')
    return fault(
      'is a server of HTTP, and no broker of Kafka',
      'Give the port of the broker: 9092, unless its `listeners` name another.',
    );
  if (head.readUInt32BE() < head.length)
    return fault(
      `announces an answer of ${head.readUInt32BE()} bytes, which is too short for any`,
      'See that host and port are those of a broker of Kafka.',
    );
  return fault(
    `announces an answer of ${head.readUInt32BE()} bytes, and at most 64 MiB are read at once`,
    'See that host and port are those of a broker of Kafka. Where a topic has single batches as long (`max.message.bytes`), take its messages by `kcat -C -e -b BROKER -t TOPIC | varve add - --to PATH.jsonl`.',
  );
}
