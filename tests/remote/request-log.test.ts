import { expect, test } from 'vitest';
import { shownUrl } from '../../src/remote/bucket/request-log.ts';

const shown = (url: string) => {
  const { protocol, host, pathname, search } = new URL(url);
  return shownUrl(protocol, host, pathname + search);
};

test('says what is asked for', () => {
  expect(shown('https://host:9000/bucket?list-type=2&prefix=a%2Fb&delimiter=&uploads')).toBe(
    'https://host:9000/bucket?list-type=2&prefix=a/b&delimiter&uploads',
  );
});

test('shows no value of what signs a request', () => {
  const signed =
    'X-Amz-Credential=AKIA&X-Amz-Security-Token=token&X-Amz-Signature=5ec7e7&AWSAccessKeyId=AKIA';
  expect(shown(`https://host/bucket/key?${signed}&versionId=v`)).toBe(
    'https://host/bucket/key?X-Amz-Credential&X-Amz-Security-Token&X-Amz-Signature&AWSAccessKeyId&versionId=v',
  );
});

test('shows no path of a server that hands out credentials', () => {
  expect(shown('http://169.254.170.2/v2/credentials/0b1e')).toBe('http://169.254.170.2/…');
});
