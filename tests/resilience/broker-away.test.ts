import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TlsOptions } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Identity, identityOf } from '../support/databases.ts';
import { type FakeAnswer, startFakeBroker } from '../support/fake-broker.ts';
import { describeWithKafka, type KafkaBroker, startKafka } from '../support/kafka.ts';
import { Sandbox } from '../support/sandbox.ts';

const box = new Sandbox();
let identity: Identity;
beforeAll(() => {
  box.repository();
  identity = identityOf('IP:127.0.0.1,DNS:localhost');
});
afterAll(() => {
  box.remove();
  rmSync(identity.folder, { recursive: true, force: true });
});

type Env = Readonly<Record<string, string>>;

/** What is said of a topic that cannot be read: never what the driver says to programmers. */
async function failure(
  address: string,
  env: Env = {},
): Promise<Record<'code' | 'message' | 'remedy' | 'err', string>> {
  Object.assign(box.env, env);
  const words = ['add', `kafka://${address}/rides`, '--to', 'data/rides', '--json'];
  const { code, out, err } = await box.later(words);
  for (const name of Object.keys(env)) delete box.env[name];
  expect(code, err).toBe(2);
  expect(err).not.toMatch(
    /seed broker|Connection error|Closed connection|KafkaJS|ECONN|getaddrinfo|hush|^ {4}at /m,
  );
  return { ...JSON.parse(out).error, err };
}

test('a broker that is not there is told in words, and so is what to do', async () => {
  const refusal = await failure('127.0.0.1:1');
  expect(refusal).toMatchObject({
    code: 'stream-unreachable',
    message: 'kafka://127.0.0.1:1/rides does not answer: 127.0.0.1:1: nothing listens at this address',
    remedy: expect.stringContaining('that it is up'),
  });
  expect(refusal.err).toContain('nothing listens at this address): trying again');
  const unknown = await failure('no-such-host.invalid:9092,127.0.0.1:1');
  expect(unknown.code).toBe('stream-unreachable');
  expect(unknown.err).toMatch(
    /no-such-host.invalid:9092: (no machine of this name is known|the name of the machine cannot be looked up)/,
  );
}, 60_000);

const TLS: Env = { KAFKA_SECURITY_PROTOCOL: 'SSL' };
const LOGIN: Env = { KAFKA_SASL_USERNAME: 'ann', KAFKA_SASL_PASSWORD: 'hush' };
const certificates = (): Pick<TlsOptions, 'cert' | 'key'> => ({
  cert: readFileSync(identity.certificate),
  key: readFileSync(identity.key),
});

test.each<[FakeAnswer, Env, string, RegExp, RegExp]>([
  ['closing', TLS, 'stream-unreachable', /ends the connection when TLS begins/, /to PLAINTEXT/],
  ['closing', LOGIN, 'stream-unreachable', /ends the connection when TLS begins/, /SASL_PLAINTEXT only/],
  ['web', TLS, 'stream-error', /does not speak TLS/, /to PLAINTEXT/],
  ['silent', TLS, 'stream-unreachable', /taken, and nothing comes back/, /to PLAINTEXT/],
])(
  'a port that is %s to %o',
  async (answer, env, code, message, remedy) => {
    const broker = await startFakeBroker(answer);
    const error = await failure(broker.address, env);
    await broker.stop();
    expect(error).toMatchObject({
      code,
      message: expect.stringMatching(message),
      remedy: expect.stringMatching(remedy),
    });
  },
  60_000,
);

test('a broker that does not prove who it is, and one that wants a proof, are told at once', async () => {
  const asked = async (env: Env, tls: TlsOptions = {}) => {
    const broker = await startFakeBroker('closing', { ...certificates(), ...tls });
    const error = await failure(broker.address, { ...TLS, ...env });
    await broker.stop();
    expect(error.err).not.toContain('trying again');
    return error;
  };
  const ca = { KAFKA_SSL_CA_LOCATION: identity.authority };
  expect(await asked({})).toMatchObject({
    code: 'tls-refused',
    message: expect.stringMatching(/^127.* does not prove who it is: no authority that this machine trusts/),
    remedy: expect.stringContaining('KAFKA_SSL_CA_LOCATION'),
  });
  const { folder } = identity;
  const signed = (days: string, names: string) => {
    const words = `x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days ${days} -out other.pem -extfile ${names}`;
    execFileSync('openssl', words.split(' '), { cwd: folder, stdio: 'pipe' });
    return { cert: readFileSync(join(folder, 'other.pem')) };
  };
  writeFileSync(join(folder, 'elsewhere'), 'subjectAltName=DNS:elsewhere.example');
  expect(await asked(ca, signed('2', 'elsewhere'))).toMatchObject({
    code: 'tls-refused',
    message: expect.stringMatching(/its certificate is for another name/),
  });
  expect(await asked(ca, signed('-1', 'names'))).toMatchObject({
    code: 'tls-refused',
    message: expect.stringMatching(/not valid today/),
  });
  expect(await asked(ca, { requestCert: true, rejectUnauthorized: true })).toMatchObject({
    code: 'stream-refused',
    message: expect.stringMatching(/wants a certificate of this client/),
    remedy: expect.stringContaining('KAFKA_SSL_CERTIFICATE_LOCATION'),
  });
}, 60_000);

describeWithKafka(() => {
  let broker: KafkaBroker;
  beforeAll(async () => {
    const { authority, certificate, key } = identity;
    const both = box.write('both.pem', readFileSync(key, 'utf8') + readFileSync(certificate, 'utf8'));
    broker = await startKafka({ keyStore: both, trustStore: authority, users: { ann: 'hush-hush' } });
    await broker.create('rides');
    await broker.send('rides', [{ value: '{"a":1}' }]);
  }, 120_000);
  afterAll(() => broker?.stop());

  test('what a real broker refuses is told by what it wants', async () => {
    const ca = { KAFKA_SSL_CA_LOCATION: identity.authority };
    const right = { ...LOGIN, KAFKA_SASL_PASSWORD: 'hush-hush' };
    const open = { KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT' };
    const told: [address: string, env: Env, code: string, message: RegExp, remedy: RegExp][] = [
      [broker.secure, {}, 'stream-error', /speaks TLS/, /SASL_SSL with KAFKA_SASL_USERNAME/],
      [broker.address, TLS, 'stream-unreachable', /when TLS begins/, /to PLAINTEXT/],
      [broker.inTheClear, {}, 'stream-unreachable', /wants a login/, /Give user and password/],
      [broker.secure, { ...TLS, ...ca }, 'stream-unreachable', /wants a login/, /Give user and password/],
      [broker.address, { ...right, ...open }, 'stream-refused', /wants no login/, /to PLAINTEXT/],
      [broker.inTheClear, { ...LOGIN, ...open }, 'stream-refused', /user or password is not/, /KAFKA_SASL/],
      [broker.elsewhere, {}, 'stream-unreachable', /127.0.0.1:1: the cluster names this/, /advertised/],
    ];
    for (const [address, env, code, message, remedy] of told) {
      const error = await failure(address, env);
      expect(error).toMatchObject({
        code,
        message: expect.stringMatching(message),
        remedy: expect.stringMatching(remedy),
      });
    }
  }, 180_000);
});
