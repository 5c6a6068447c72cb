import { expect, test } from 'vitest';
import { withoutSecrets } from '../../src/wording/urls.ts';

test('what remedies write in capitals is no password, and what stands in its place is one', () => {
  for (const kept of [
    'Write it as mysql://USER@HOST:PORT/DATABASE, or postgresql:// in the same way.',
    'Write it as https://HOST:PORT; user and password go elsewhere.',
    'mysql://ann@db.example/shop',
  ])
    expect(withoutSecrets(kept)).toBe(kept);
  expect(withoutSecrets('mysql://ann:hush@db.example/shop')).toBe('mysql://db.example/shop');
  expect(withoutSecrets('https://host:PORTABLE/x')).toBe('https://host:…');
  expect(withoutSecrets('https://ann:PORT@host/x')).toBe('https://host/x');
});
