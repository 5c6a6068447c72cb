import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readKafkaSettings } from '../../src/kafka/settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'varve-kafka-settings-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function settings(file: string, env: Record<string, string> = {}, registry?: string) {
  const path = join(folder, 'kafka.conf');
  writeFileSync(path, file);
  return readKafkaSettings(registry, { KCAT_CONFIG: path, ...env });
}

test('a file of properties is read in the words of librdkafka and of Java', () => {
  expect(settings('# none\nbootstrap.servers=b:1\n')).toEqual({
    tls: undefined,
    sasl: undefined,
    registry: undefined,
  });
  expect(
    settings(
      'security.protocol = SASL_PLAINTEXT\nsasl.mechanisms=SCRAM-SHA-256\nsasl.jaas.config=org.apache.Login required username="ann" password="a\\"b";\n',
    ).sasl,
  ).toEqual({ mechanism: 'scram-sha-256', username: 'ann', password: 'a"b' });
});

test('variables go before the file, and a password alone asks for encryption', () => {
  const found = settings('sasl.username=ann\nsasl.password=old\n', { KAFKA_SASL_PASSWORD: 'new' });
  expect(found.sasl).toEqual({ mechanism: 'plain', username: 'ann', password: 'new' });
  expect(found.tls).toEqual({ isUnverified: false, isAnyHost: false });
});

test('a registry that is named keeps the user that is set for it', () => {
  const env = { SCHEMA_REGISTRY_URL: 'http://a', SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO: 'u:p' };
  expect(settings('', env).registry).toEqual({ url: 'http://a', userInfo: 'u:p' });
  expect(settings('', env, 'http://b').registry).toEqual({ url: 'http://b', userInfo: 'u:p' });
});

test('what cannot be used is named without its value', () => {
  const refusal = (file: string): string => {
    try {
      settings(file);
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect(refusal('security.protocol=hush\n')).toMatch(/^security.protocol is none of PLAINTEXT, SSL/);
  expect(refusal('security.protocol=SASL_SSL\nsasl.mechanism=GSSAPI\n')).toMatch(
    /^sasl.mechanism is none of/,
  );
  expect(refusal('security.protocol=SASL_SSL\n')).toMatch(/no user with a password/);
  expect(refusal(`security.protocol=SSL\nssl.ca.location=${join(folder, 'kafka.conf')}\n`)).toMatch(
    /is not PEM/,
  );
  expect(() => readKafkaSettings(undefined, { KCAT_CONFIG: join(folder, 'none') })).toThrow(/cannot be read/);
});
