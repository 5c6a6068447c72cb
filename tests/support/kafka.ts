import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Admin, Kafka, type KafkaConfig, logLevel, type Message, type Producer } from 'kafkajs';
import { describe } from 'vitest';
import { freePort } from './server-process.ts';

/** A folder with the jars of Apache Kafka: see CONTRIBUTING.md. */
const JARS = process.env.VARVE_KAFKA;
const CLUSTER_ID = 'AAAAAAAAAAAAAAAAAAAAAA';

/** A broker of its own in an empty folder. Other listeners ask for a password where `security` says of whom. */
export interface KafkaBroker {
  /** `host:port` of the listener without encryption. */
  readonly address: string;
  /** `host:port` of the listener with TLS and SASL. */
  readonly secure: string;
  /** `host:port` of the listener with SASL and without encryption, at an address that is none of this machine by its looks. */
  readonly inTheClear: string;
  /** `host:port` of a listener of which the broker says that it is elsewhere, where nothing listens. */
  readonly elsewhere: string;
  readonly producer: Producer;
  readonly admin: Admin;
  create(topic: string, partitions?: number, config?: Readonly<Record<string, string>>): Promise<void>;
  send(topic: string, messages: readonly Message[]): Promise<void>;
  /** End the broker as a crash does; it keeps its data. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface KafkaSecurity {
  /** Key and certificate in one file, as PEM. */
  readonly keyStore: string;
  readonly trustStore: string;
  /** Users of SASL with their passwords. */
  readonly users: Readonly<Record<string, string>>;
}

/** Tests that need a real broker: where none can be had they are skipped, and their title says so. */
export function describeWithKafka(tests: () => void): void {
  if (JARS !== undefined && existsSync(JARS)) describe('Kafka', tests);
  else
    describe.skip(
      'Kafka (skipped: VARVE_KAFKA names no folder of its jars; CONTRIBUTING.md says how to get them)',
      tests,
    );
}

export async function startKafka(security?: KafkaSecurity): Promise<KafkaBroker> {
  const folder = mkdtempSync(join(tmpdir(), 'varve-kafka-'));
  const plain = await freePort();
  const secure = await freePort();
  const open = await freePort();
  const elsewhere = await freePort();
  const controller = await freePort();
  const properties = join(folder, 'server.properties');
  writeFileSync(properties, propertiesOf(folder, { plain, secure, open, elsewhere, controller }, security));
  const users = Object.entries(security?.users ?? {}).flatMap(([name, password]) => [
    '--add-scram',
    `SCRAM-SHA-512=[name=${name},password=${password}]`,
    '--add-scram',
    `SCRAM-SHA-256=[name=${name},password=${password}]`,
  ]);
  const formatted = java(
    folder,
    'kafka.tools.StorageTool',
    'format',
    '-t',
    CLUSTER_ID,
    '-c',
    properties,
    ...users,
  );
  const { status, stderr, stdout } = spawnSync(formatted[0], formatted[1], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr + stdout);

  const address = `127.0.0.1:${plain}`;
  const kafka = new Kafka(clientOf(address));
  const admin = kafka.admin();
  const producer = kafka.producer();
  let ended: Promise<unknown> = Promise.resolve();
  let end: (signal: NodeJS.Signals) => void = () => undefined;
  const start = async (): Promise<void> => {
    const [program, args] = java(folder, 'kafka.Kafka', properties);
    const server = spawn(program, args, { stdio: 'ignore' });
    ended = new Promise((resolve) => server.once('close', resolve));
    end = (signal) => server.kill(signal);
    await untilReady(address, server);
  };
  await start();
  await admin.connect();
  await producer.connect();
  return {
    address,
    secure: `localhost:${secure}`,
    inTheClear: `127.0.0.2:${open}`,
    elsewhere: `127.0.0.1:${elsewhere}`,
    producer,
    admin,
    async create(topic, partitions = 1, config = {}) {
      const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
      await admin.createTopics({
        topics: [{ topic, numPartitions: partitions, replicationFactor: 1, configEntries }],
        waitForLeaders: true,
      });
    },
    async send(topic, messages) {
      for (let at = 0; at < messages.length; at += 1000)
        await producer.send({ topic, messages: messages.slice(at, at + 1000) });
    },
    async kill() {
      end('SIGKILL');
      await ended;
    },
    start,
    async stop() {
      await producer.disconnect();
      await admin.disconnect();
      end('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function java(folder: string, ...words: string[]): [program: string, args: string[]] {
  const options = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', `-Djava.io.tmpdir=${folder}`];
  return ['java', [...options, '-cp', join(JARS!, '*'), ...words]];
}

function propertiesOf(
  folder: string,
  ports: Readonly<Record<'plain' | 'secure' | 'open' | 'elsewhere' | 'controller', number>>,
  security: KafkaSecurity | undefined,
): string {
  mkdirSync(join(folder, 'data'));
  const listeners = [
    `PLAINTEXT://127.0.0.1:${ports.plain}`,
    ...(security ? [`SASL_SSL://localhost:${ports.secure}`, `SASL_PLAINTEXT://127.0.0.2:${ports.open}`] : []),
  ];
  const users = Object.entries(security?.users ?? {});
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${ports.controller}`,
    `listeners=${[...listeners, `ELSEWHERE://127.0.0.1:${ports.elsewhere}`, `CONTROLLER://127.0.0.1:${ports.controller}`].join(',')}`,
    `advertised.listeners=${[...listeners, 'ELSEWHERE://127.0.0.1:1'].join(',')}`,
    'controller.listener.names=CONTROLLER',
    'listener.security.protocol.map=CONTROLLER:PLAINTEXT,ELSEWHERE:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,SASL_PLAINTEXT:SASL_PLAINTEXT',
    'inter.broker.listener.name=PLAINTEXT',
    `log.dirs=${join(folder, 'data')}`,
    'offsets.topic.replication.factor=1',
    'offsets.topic.num.partitions=1',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'transaction.state.log.num.partitions=1',
    'group.initial.rebalance.delay.ms=0',
    'log.retention.check.interval.ms=1000',
    ...(security === undefined
      ? []
      : [
          'sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
          'ssl.keystore.type=PEM',
          `ssl.keystore.location=${security.keyStore}`,
          'ssl.truststore.type=PEM',
          `ssl.truststore.location=${security.trustStore}`,
          ...['sasl_ssl', 'sasl_plaintext'].flatMap((listener) => [
            `listener.name.${listener}.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required ${users
              .map(([name, password]) => `user_${name}="${password}"`)
              .join(' ')};`,
            ...['scram-sha-256', 'scram-sha-512'].map(
              (mechanism) =>
                `listener.name.${listener}.${mechanism}.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;`,
            ),
          ]),
        ]),
    '',
  ].join('\n');
}

function clientOf(address: string): KafkaConfig {
  return {
    clientId: 'tests',
    brokers: [address],
    logLevel: logLevel.NOTHING,
    retry: { retries: 20, initialRetryTime: 100, maxRetryTime: 1000 },
  };
}

async function untilReady(address: string, server: { readonly exitCode: number | null }): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const admin = new Kafka({ ...clientOf(address), retry: { retries: 0 } }).admin();
    try {
      await admin.connect();
      await admin.listTopics();
      return;
    } catch (error) {
      if (attempt === 300 || server.exitCode !== null) throw error;
      await sleep(200);
    } finally {
      await admin.disconnect();
    }
  }
}
