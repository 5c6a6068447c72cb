import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Description } from '../../src/index.ts';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeAll(() => {
  box = new Sandbox().repository();
  box.write('repo/data/people.csv', 'name,age,born\nAnn,41,1985-02-03\nBob,,1990-12-01\n');
  box.write('repo/data/days/a.csv', 'n\n1\n2\n');
  box.ok(['add', 'data/people.csv', 'data/days']);
  box.commit('people');
  box.git(['tag', 'v1']);
});
afterAll(() => box.remove());

const described = (dataset: string) => box.json<Description>(['describe', dataset]);
const pointer = (path: string) => readFileSync(box.path('repo', `${path}.varve`), 'utf8');

test('what people say of a dataset stands in its pointer, stays as the data changes, and is in every version from then on', () => {
  expect(box.ok(['meta', 'data/people.csv', 'license=CC-BY-4.0', 'description=All "people": 2'])).toBe(
    'description: All "people": 2\nlicense: CC-BY-4.0\n',
  );
  expect(pointer('data/people.csv')).toContain('varve: 4\n');
  expect(pointer('data/people.csv')).toContain(
    'meta-description: "All \\"people\\": 2"\nmeta-license: CC-BY-4.0\n',
  );
  expect(box.ok(['status'])).not.toContain('modified');
  box.commit('say it');
  // The commit that brought the data is the one before.
  expect(described('data/people.csv')).toMatchObject({
    meta: { license: 'CC-BY-4.0' },
    commit: { subject: 'people' },
  });
  box.write('repo/data/people.csv', 'name,age,born\nEve,20,2005-01-01\n');
  box.ok(['add', 'data/people.csv']);
  expect(described('data/people.csv')).toMatchObject({
    rows: 1,
    commit: null,
    meta: { license: 'CC-BY-4.0', description: 'All "people": 2' },
  });
  expect(described('data/people.csv@v1').meta).toEqual({});
  box.ok(['mv', 'data/people.csv', 'data/persons.csv']);
  expect(box.json(['meta', 'data/persons.csv', 'description='])).toEqual({
    path: 'data/persons.csv',
    meta: { license: 'CC-BY-4.0' },
  });
  box.ok(['mv', 'data/persons.csv', 'data/people.csv']);
  box.json(['meta', 'data/people.csv', 'license=']);
  expect(pointer('data/people.csv')).not.toMatch(/meta|varve: 4/);
  for (const words of [['Über=x'], ['a=\u001b[31m'], [`a=${'x'.repeat(1025)}`]])
    refused(box, ['meta', 'data/people.csv', ...words], 'meta-invalid', 'data/people.csv');
  refused(box, ['meta', 'data/people.csv', 'license'], 'usage', 'license');
  refused(box, ['meta', 'data/people.csv@v1', 'license=x'], 'dataset-missing', 'data/people.csv@v1');
  box.git(['checkout', '-q', '.']);
  box.ok(['checkout', '--force']);
});

test('what two branches say of a dataset is merged, and left to people where they contradict each other', () => {
  box.ok(['git', 'install', '--merge']);
  const side = (branch: string, ...words: string[]) => {
    box.git(['checkout', '-q', '-b', branch, 'v1']);
    box.ok(['meta', 'data/days', ...words]);
    box.commit(branch);
  };
  side('one', 'license=MIT');
  side('two', 'creator=Bob');
  side('three', 'license=CC0-1.0');
  box.git(['checkout', '-q', 'one']);
  box.git(['merge', '-q', '--no-edit', 'two']);
  expect(described('data/days').meta).toEqual({ creator: 'Bob', license: 'MIT' });
  expect(box.run('git', ['merge', '-q', '--no-edit', 'three']).code).toBe(1);
  expect(pointer('data/days')).toContain('<<<<<<<');
  box.git(['merge', '--abort']);
  box.git(['checkout', '-q', 'main']);
});

test('an address with a password or a signature is not kept, and of another pointer not shown', () => {
  const signed = 'https://bucket.example/a?X-Amz-Signature=hunter2';
  for (const value of [
    'https://ann:hunter2@example.org/a',
    'https://hunter2@example.org/a',
    signed,
    `see ${signed} for more`,
    'ann:hunter2@example.org',
  ])
    for (const key of ['url', 'description', 'mirror'])
      expect(
        refused(box, ['meta', 'data/people.csv', `${key}=${value}`], 'meta-invalid', 'data/people.csv'),
      ).not.toContain('hunter2');
  box.ok([
    'meta',
    'data/people.csv',
    'url=https://example.org:8443/@ann/?keywords=a#b',
    'creator=Ann <ann@example.org>',
  ]);
  // As somebody else may have written it.
  const before = pointer('data/people.csv');
  const after = before.replace(
    /^meta-url: .*$/m,
    `meta-mirror: "ann:hunter2@example.org"\nmeta-url: "${signed}"`,
  );
  expect(after).not.toBe(before);
  box.write('repo/data/people.csv.varve', after);
  const formats = ['text', 'json', 'openlineage', 'croissant', 'mlflow', 'mltable'];
  const shown = [
    box.ok(['meta', 'data/people.csv']),
    box.ok(['meta', 'data/people.csv', '--json']),
    box.ok(['describe', 'data/people.csv', '--json']),
    ...formats.map((format) => box.ok(['describe', 'data/people.csv', '--format', format])),
    box.ok(['meta', 'data/people.csv', 'license=MIT', '--json']),
    box.ok(['add', 'data/people.csv', '--openlineage', '/dev/stdout']),
  ];
  for (const text of shown) expect(text).not.toContain('hunter2');
  expect(shown[0]).toContain('https://bucket.example/a');
  expect(pointer('data/people.csv')).toContain('meta-license: MIT');
  box.git(['checkout', '-q', '.']);
});

test('the address of files that a document names has no password, and no query that paths would follow', () => {
  const withBase = (format: string, url: string) =>
    box.varve(['describe', 'data/people.csv', '--format', format, '--base-url', url]);
  for (const url of [
    'https://ann:hunter2@host/a',
    'https://host/a?sig=hunter2',
    'https://host/a#hunter2',
    'ann:hunter2@host',
  ])
    for (const format of ['croissant', 'mltable']) {
      const { code, out, err } = withBase(format, url);
      expect([code, out]).toEqual([2, '']);
      expect(err).toContain('--base-url');
      expect(err).not.toContain('hunter2');
    }
  expect(withBase('croissant', 'http://localhost:9000/a@b/v1').out).toContain(
    'http://localhost:9000/a@b/v1/data/people.csv',
  );
});
