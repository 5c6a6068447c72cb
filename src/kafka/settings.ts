import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { VarveError } from '../errors.ts';

/** How the user reaches a cluster: of this machine alone, never of a repository. */
export interface KafkaSettings {
  readonly tls: KafkaTls | undefined;
  readonly sasl: KafkaSasl | undefined;
  readonly registry: RegistryAccess | undefined;
}

export interface KafkaTls {
  /** Certificates and keys, as PEM. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
  /** Whether brokers need not prove who they are. */
  readonly isUnverified: boolean;
  readonly isAnyHost: boolean;
}

export interface KafkaSasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

export interface RegistryAccess {
  readonly url: string;
  /** `user:password`. */
  readonly userInfo?: string;
}

type Properties = ReadonlyMap<string, string>;

/** Properties that are read; all others of a file are left to the programs that share it. Each is a variable too: `KAFKA_SASL_USERNAME`. */
const PROPERTIES = [
  'security.protocol',
  'sasl.mechanism',
  'sasl.mechanisms',
  'sasl.username',
  'sasl.password',
  'sasl.jaas.config',
  'ssl.ca.location',
  'ssl.certificate.location',
  'ssl.key.location',
  'ssl.key.password',
  'ssl.truststore.location',
  'ssl.keystore.location',
  'ssl.endpoint.identification.algorithm',
  'enable.ssl.certificate.verification',
  'schema.registry.url',
  'schema.registry.basic.auth.user.info',
] as const;
type Property = (typeof PROPERTIES)[number];

const PROTOCOLS: Readonly<Record<string, { readonly isTls: boolean; readonly isSasl: boolean }>> = {
  plaintext: { isTls: false, isSasl: false },
  ssl: { isTls: true, isSasl: false },
  sasl_plaintext: { isTls: false, isSasl: true },
  sasl_ssl: { isTls: true, isSasl: true },
};
const MECHANISMS: readonly string[] = ['plain', 'scram-sha-256', 'scram-sha-512'];
const MAX_FILE_BYTES = 1024 * 1024;

/**
 * Read variables such as `KAFKA_SASL_PASSWORD`, and for what they do not say the file that `KCAT_CONFIG` names, or `~/.config/kcat.conf`. Names are
 * those of librdkafka and of Java's clients.
 * Source: librdkafka 2.8, CONFIGURATION.md; Apache Kafka 4.1, "Consumer Configs"; kcat 1.7, "Configuration".
 * @param registry the URL of a registry, in place of the one that is set
 * @throws VarveError `stream-settings-invalid`
 */
export function readKafkaSettings(
  registry?: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
): KafkaSettings {
  const named = env.KCAT_CONFIG;
  const path = named ?? join(homedir(), '.config', 'kcat.conf');
  const properties = new Map(readProperties(path, named !== undefined));
  for (const name of PROPERTIES) {
    const value = env[variableOf(name)];
    if (value !== undefined && value !== '') properties.set(name, value);
  }
  if (registry !== undefined) properties.set('schema.registry.url', registry);
  return settingsOf(properties);
}

function variableOf(name: Property): string {
  const upper = name.replaceAll('.', '_').toUpperCase();
  return upper.startsWith('SCHEMA_REGISTRY_') ? upper : `KAFKA_${upper}`;
}

function readProperties(path: string, isNamed: boolean): [string, string][] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (!isNamed) return [];
    throw invalid(`The file of settings for Kafka cannot be read: ${(error as Error).message}`, path);
  }
  if (text.length > MAX_FILE_BYTES) throw invalid('The file of settings for Kafka is far too long', path);
  return text.split(/\r?\n/).flatMap((line) => {
    const [, name, value] = /^\s*([\w.]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    return name === undefined ? [] : [[name, value!] as [string, string]];
  });
}

function settingsOf(properties: Properties): KafkaSettings {
  const of = (name: Property): string | undefined => properties.get(name);
  const login = loginOf(properties);
  // Whoever gives a password and nothing else does not want it to travel in the clear.
  const protocol = (
    of('security.protocol') ?? (login === undefined ? 'plaintext' : 'sasl_ssl')
  ).toLowerCase();
  const { isTls, isSasl } = PROTOCOLS[protocol] ?? refuse('security.protocol', Object.keys(PROTOCOLS));
  const url = of('schema.registry.url');
  const userInfo = of('schema.registry.basic.auth.user.info');
  return {
    tls: isTls ? tlsOf(of) : undefined,
    sasl: isSasl ? saslOf(of('sasl.mechanism') ?? of('sasl.mechanisms') ?? 'PLAIN', login) : undefined,
    registry: url === undefined ? undefined : { url, ...(userInfo !== undefined && { userInfo }) },
  };
}

interface Login {
  readonly username: string;
  readonly password: string;
}

function loginOf(properties: Properties): Login | undefined {
  const jaas = properties.get('sasl.jaas.config');
  const within = (key: string) =>
    new RegExp(`\\b${key}\\s*=\\s*"((?:[^"\\\\]|\\\\.)*)"`).exec(jaas ?? '')?.[1]?.replace(/\\(.)/g, '$1');
  const username = properties.get('sasl.username') ?? within('username');
  const password = properties.get('sasl.password') ?? within('password');
  return username === undefined || password === undefined ? undefined : { username, password };
}

function saslOf(named: string, login: Login | undefined): KafkaSasl {
  const mechanism = named.toLowerCase();
  if (!MECHANISMS.includes(mechanism)) refuse('sasl.mechanism', MECHANISMS);
  if (login === undefined)
    throw invalid('Kafka is to be asked by SASL, and there is no user with a password', 'sasl.username');
  return { mechanism: mechanism as KafkaSasl['mechanism'], ...login };
}

function tlsOf(of: (name: Property) => string | undefined): KafkaTls {
  const pem = (name: Property): string | undefined => {
    const path = of(name);
    return path === undefined ? undefined : pemAt(path, name);
  };
  const ca = pem('ssl.ca.location') ?? pem('ssl.truststore.location');
  const both = pem('ssl.keystore.location');
  const cert = pem('ssl.certificate.location') ?? both;
  const key = pem('ssl.key.location') ?? both;
  const passphrase = of('ssl.key.password');
  const algorithm = of('ssl.endpoint.identification.algorithm');
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(passphrase !== undefined && { passphrase }),
    isUnverified: of('enable.ssl.certificate.verification')?.toLowerCase() === 'false',
    isAnyHost: algorithm?.toLowerCase() === 'none',
  };
}

function pemAt(path: string, name: Property): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw invalid(`The file that ${name} names cannot be read: ${(error as Error).message}`, path);
  }
  if (text.includes('-----BEGIN ')) return text;
  throw invalid(`The file that ${name} names is not PEM`, path);
}

function refuse(name: Property, known: readonly string[]): never {
  throw invalid(`${name} is none of ${known.map((word) => word.toUpperCase()).join(', ')}`, name);
}

/** @param path a file, or the name of a property; never a value, which may be a secret */
function invalid(message: string, path: string): VarveError {
  return new VarveError('stream-settings-invalid', message, {
    path,
    remedy:
      'Correct it in ~/.config/kcat.conf (or the file that KCAT_CONFIG names), or in the variable of its name: KAFKA_SASL_USERNAME for sasl.username.',
  });
}
