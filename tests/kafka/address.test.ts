import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { VarveError } from '../../src/errors.ts';
import { describeTopic, isKafkaUrl, parseKafkaUrl } from '../../src/kafka/address.ts';

test('a URL names brokers and a topic, in one form', () => {
  expect(parseKafkaUrl('kafka://Broker-1,10.0.0.2:19092,[::1]:9/a.b_c-d')).toEqual({
    brokers: ['broker-1:9092', '10.0.0.2:19092', '[::1]:9'],
    topic: 'a.b_c-d',
  });
  expect(isKafkaUrl('KAFKA://b/t')).toBe(true);
  expect(isKafkaUrl('kafka.jsonl')).toBe(false);
});

test('any other text is refused by its code, or read as what it says', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const url = `kafka://${text}`;
      try {
        const address = parseKafkaUrl(url);
        expect(parseKafkaUrl(describeTopic(address))).toEqual(address);
      } catch (error) {
        expect((error as VarveError).code).toBe('stream-url-invalid');
      }
    }),
  );
});
