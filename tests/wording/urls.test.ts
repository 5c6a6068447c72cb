import { expect, test } from 'vitest';
import { describeUrl, holdsSecret, withoutSecrets } from '../../src/wording/urls.ts';

test('an address is shown without its password, whether or not it has a scheme', () => {
  for (const url of [
    'ann:hunter2@host:5000/x',
    '//ann:hunter2@host',
    'postgresql:ann:hunter2@host/db',
    'postgresql:/ann:hunter2@host/db',
    'postgresql+psycopg2://ann:hunter2@host/db',
    'sqlite:ann:hunter2@x.db',
    'http:ann:hunter2@host',
    'http://ann:hun/ter2@host'.replace('hun/ter2', 'hunter2/x'),
    'ann:hunter2/x@host',
    'https://host/x?token=hunter2',
  ])
    expect(describeUrl(url)).not.toContain('hunter2');
  for (const url of [
    'git@host:team/x.git',
    'localhost:5000',
    './mlruns',
    'C:\\data\\a@b',
    'ssh://ann@host/x',
  ])
    expect(describeUrl(url)).toBe(url);
});

test('a text that others may keep has no password, no user and no query that grants something', () => {
  for (const text of [
    'https://ann:hunter2@host/x',
    'https://t0ken@host/x',
    'see https://bucket.example/x?X-Amz-Signature=0a and more',
    'https://account.example/x?sv=1&sig=0a',
    'https://host/x?api_key=1',
    'ssh://ann:hunter2@host/x',
    'ann:hunter2@host',
    '//u:hunter2@host/x',
    'https://ann:hun/ter2@host',
  ])
    expect([text, holdsSecret(text)]).toEqual([text, true]);
  for (const text of [
    'https://host:8080/users/@ann',
    'https://host/x?keywords=a&author=b&page=2',
    'ssh://ann@host/x',
    'mailto:ann@example.org',
    'Ann Lee <ann@example.org>, https://example.org/#top',
    'Lee (2024): Data. doi:10.1000/182',
  ])
    expect([text, holdsSecret(text)]).toEqual([text, false]);
});

test('what remedies write in capitals is no password, and what stands in its place is one', () => {
  for (const kept of [
    'Write it as mysql://USER@HOST:PORT/DATABASE, or postgresql:// in the same way.',
    'Write it as https://HOST:PORT; user and password go elsewhere.',
    'mysql://ann@db.example/shop',
    // Whoever agrees to a query has to see as whom it is asked.
    'mysql://r%6fot@db.example/shop',
    'postgresql://\\u{f6}!@db.example/shop?sslmode=require',
  ])
    expect(withoutSecrets(kept)).toBe(kept);
  expect(withoutSecrets('mysql://ann:hush@db.example/shop')).toBe('mysql://db.example/shop');
  expect(withoutSecrets('https://host:PORTABLE/x')).toBe('https://host:…');
  // What clients take for the host is shown, whatever address stands in the path behind it.
  for (const host of ['evil.example:443', '[::1]:443', 'evil.example:'])
    expect(withoutSecrets(`https://${host}/@github.com/team/x`)).toBe(`https://${host}/…@github.com/team/x`);
  expect(withoutSecrets('mysql://root@evil:3306/shop?socket=/tmp/@localhost/shop')).toContain(
    'root@evil:3306/',
  );
  expect(withoutSecrets('https://ann:PORT@host/x')).toBe('https://host/x');
});
