import { readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { CheckResult } from '../../src/operations/check.ts';
import { threeVersions } from '../support/flights.ts';
import { assertPublished } from '../support/published.ts';
import { Sandbox } from '../support/sandbox.ts';

const sandbox = new Sandbox();
beforeAll(() => {
  threeVersions(sandbox);
  sandbox.ok(['schema', 'infer', 'flights.csv']);
  sandbox.write('repo/small.csv', table(1));
  sandbox.ok(['add', 'small.csv']);
  sandbox.commit('schema, and a second dataset');
  sandbox.git(['tag', 'start']);
});
beforeEach(() => {
  sandbox.git(['checkout', '-qf', '-B', 'main', 'start']);
  sandbox.git(['clean', '-fdq']);
  sandbox.ok(['checkout', '--force']);
});
afterAll(() => sandbox.remove());

const table = (factor: number): string =>
  `n,word\n${Array.from({ length: 50 }, (_, n) => `${n * factor},${n % 2 ? 'odd' : 'even'} ${factor}\n`).join('')}`;
const check = (base: string, code = 0, folder = 'repo'): CheckResult =>
  sandbox.json<CheckResult>(['check', '--base', base], folder, code);

test('a check of what differs from a base prints the published document', () => {
  const checked = check('HEAD~2', 1);
  assertPublished('check-report', checked);
  expect(checked.datasets).toMatchObject([
    { path: 'flights.csv', change: 'modified', validation: { valid: true }, drift: { verdict: 'drift' } },
    { path: 'small.csv', change: 'added' },
  ]);
});

test('what others did since the work left the base is no finding', () => {
  sandbox.git(['checkout', '-qb', 'work']);
  sandbox.write('repo/small.csv', table(200));
  sandbox.ok(['add', 'small.csv']);
  sandbox.commit('ours');
  sandbox.git(['checkout', '-q', 'main']);
  sandbox.write('repo/flights.csv', table(900));
  sandbox.ok(['add', 'flights.csv']);
  sandbox.commit('theirs');
  sandbox.git(['checkout', '-q', 'work']);
  const { base, datasets } = check('main', 1);
  expect(base).toBe(sandbox.git(['rev-parse', 'start']).trim());
  expect(datasets.map(({ path, change }) => [path, change])).toEqual([['small.csv', 'modified']]);
});

test('a schema that alone changed is held, and one that is taken away is named', () => {
  expect(sandbox.ok(['check', '--base', 'start'])).toBe('No dataset differs from the base\n');
  const file = sandbox.path('repo/flights.csv.schema.yaml');
  sandbox.write('repo/flights.csv.schema.yaml', sandbox.run('sed', ['s/^  month:/  gone:/', file]).out);
  expect(check('start', 1).datasets).toMatchObject([
    { path: 'flights.csv', change: 'schema', validation: { valid: false } },
  ]);
  rmSync(file);
  const said = sandbox.ok(['check', '--base', 'start']);
  expect(said).toContain('no schema, and nothing to compare with');
  expect(said).toContain('flights.csv: its schema was removed');
});

test('removed and renamed datasets are named, also where a path names nothing else', () => {
  sandbox.git(['mv', 'flights.csv.varve', 'renamed.csv.varve']);
  const pointer = sandbox.run('sed', ['s/^path: .*/path: renamed.csv/', 'renamed.csv.varve']).out;
  sandbox.write('repo/renamed.csv.varve', pointer);
  rmSync(sandbox.path('repo/small.csv.varve'));
  const checked = check('start');
  assertPublished('check-report', checked);
  expect(checked.datasets).toMatchObject([
    { path: 'renamed.csv', change: 'renamed', renamedFrom: 'flights.csv' },
    { path: 'small.csv', change: 'removed' },
  ]);
  const named = sandbox.ok(['check', '--base', 'start', 'small.csv']);
  expect(named).toMatch(/^1 dataset differs from the base: 1 was removed\n/);
  expect(sandbox.varve(['check', '--base', 'start', 'no-such.csv']).code).toBe(2);
});

test('where data comes from is told first, though the data is the same, and no origin can forge what a reviewer reads', () => {
  const pointer = readFileSync(sandbox.path('repo/small.csv.varve'), 'utf8').replace(
    /^varve: .*/m,
    'varve: 6',
  );
  const follow = (host: string, query: string): void => {
    const lines = [`database: mysql://ann@${host}/shop`, `database-query: ${JSON.stringify(query)}`];
    sandbox.write('repo/small.csv.varve', [pointer.trimEnd(), ...lines, ''].join('\n'));
    sandbox.commit(host);
  };
  follow('db.example', 'SELECT 1');
  expect(check('start').datasets).toMatchObject([
    {
      path: 'small.csv',
      change: 'origin',
      origins: { before: null, after: expect.stringContaining('db.example') },
    },
  ]);
  const hostile = 'SELECT `1`|\n## Approved\n```\n<!-- --> @team [all good](https://evil.example)';
  follow('evil.example', hostile);
  const checked = check('HEAD~1');
  assertPublished('check-report', checked);
  const origins = {
    before: 'mysql://ann@db.example/shop, query "SELECT 1"',
    after: `mysql://ann@evil.example/shop, query ${JSON.stringify(hostile)}`,
  };
  expect(checked.datasets).toEqual([{ path: 'small.csv', change: 'origin', origins }]);

  const said = sandbox.ok(['check', '--base', 'HEAD~1']);
  expect(said).toMatch(/^1 dataset differs from the base: 1 comes from elsewhere than before\n/);
  expect(said).toMatch(
    /\n- from mysql:.*, query "SELECT 1"\n\+ from mysql:.*evil\.example\/shop, query "SELECT `1`.*\n/,
  );
  const as = (format: string) => sandbox.ok(['check', '--base', 'HEAD~1', '--format', format]);
  const markdown = as('markdown');
  const [title, , first, , item] = markdown.split('\n');
  expect([title, first]).toEqual([
    '## 1 dataset differs from the base: 1 comes from elsewhere than before',
    '⚠️ **Where data comes from differs from the base:**',
  ]);
  // One line, whose hostile part is one span of code, and none of it begins another.
  expect(item).toBe(
    '- `small.csv`: from ```` mysql://ann@evil.example/shop, query "SELECT `1`\\|\\n## Approved\\n```\\n<!-- --> @team [all good](https://evil.example)" ```` (before, from `mysql://ann@db.example/shop, query "SELECT 1"`)',
  );
  expect(markdown).not.toMatch(/^(## Approved|```)/m);
  expect(as('github')).toMatch(/^::warning file=small\.csv\.varve,.*evil\.example/);
  expect(JSON.parse(as('sarif')).runs[0].results).toMatchObject([
    { ruleId: 'DATASET_ORIGIN', level: 'warning' },
  ]);
  expect(as('junit')).toContain('evil.example');
  expect(as('html')).toMatch(
    /Where data comes from[\s\S]*&#?\w+;!-- --&gt;|Where data comes from[\s\S]*&lt;!--/,
  );

  // However long what is asked, and whatever it says, whom it is asked of is told first.
  follow('evil.example', `SELECT * FROM empt /* of mysql://ann@db.example/shop ${'x'.repeat(6000)} */`);
  for (const format of ['text', 'markdown', 'github', 'junit', 'html'])
    expect([format, as(format).replaceAll('<wbr>', '')]).toEqual([
      format,
      expect.stringMatching(/from (<bdi>|`)?mysql:\/\/ann@evil\.example\/shop, query/),
    ]);
  // A part that messages would take for a password, and cut out, is no part of a query that could be agreed to.
  follow('evil.example', 'SELECT /*http://a:*/(SELECT/**/pw/**/FROM/**/s),/*@h*/ 1');
  expect(check('HEAD~1', 2).datasets).toMatchObject([
    { path: 'small.csv', failure: { code: 'pointer-damaged' } },
  ]);
  follow('evil.example', hostile);

  // Data that changed too, and data that is new or gone, say where they are from as well.
  sandbox.git(['mv', 'small.csv.varve', 'moved.csv.varve']);
  const renamed = sandbox.run('sed', ['s/^path: .*/path: moved.csv/; s/evil/other/', 'moved.csv.varve']).out;
  sandbox.write('repo/moved.csv.varve', renamed);
  expect(check('HEAD').datasets).toMatchObject([
    { path: 'moved.csv', change: 'renamed', origins: { after: expect.stringContaining('other.example') } },
  ]);
  expect(sandbox.ok(['check', '--base', 'HEAD'])).toContain(
    'renamed from small.csv, and comes from elsewhere',
  );
});

test('a dataset that cannot be read fails by its name, and the others are reported', () => {
  sandbox.write('repo/small.csv', table(300));
  sandbox.ok(['add', 'small.csv']);
  sandbox.write('repo/small.csv.schema.yaml', 'varve: [');
  sandbox.write('repo/flights.csv.varve', '<<<<<<< ours\n=======\n>>>>>>> theirs\n');
  const checked = check('start', 2);
  assertPublished('check-report', checked);
  expect(checked.datasets).toMatchObject([
    { path: 'flights.csv', failure: { code: 'pointer-conflict' } },
    { path: 'small.csv', failure: { code: 'schema-invalid' } },
  ]);
  sandbox.git(['rm', '-qf', '--cached', 'small.csv.schema.yaml', '--ignore-unmatch']);
  rmSync(sandbox.path('repo/small.csv.schema.yaml'));
  const { code, out } = sandbox.varve(['check', '--base', 'start']);
  expect(code).toBe(2);
  expect(out).toMatch(/^2 datasets differ from the base: 1 could not be checked, 1 drifted\n/);
  expect(out).toContain('flights.csv\n\ncould not be checked: ');
});

test('a shallow clone that has the base and the head alone is enough', () => {
  sandbox.withRemote();
  sandbox.write('repo/small.csv', table(400));
  sandbox.ok(['add', 'small.csv']);
  const head = sandbox.commit('head');
  sandbox.ok(['push', '--all-commits']);
  sandbox.git(['init', '-q', sandbox.path('shallow')]);
  for (const commit of ['start', head])
    sandbox.git(['fetch', '-q', '--depth=1', `file://${sandbox.path('repo')}`, commit], 'shallow');
  sandbox.git(['checkout', '-q', head], 'shallow');
  sandbox.ok(['trust'], 'shallow');
  const base = sandbox.git(['rev-parse', 'start']).trim();
  const { code, out, err } = sandbox.varve(['check', '--base', base, '--json'], 'shallow');
  expect(code, err).toBe(1);
  expect(err).toContain(`compared with ${base} itself`);
  expect(JSON.parse(out).datasets).toMatchObject([{ path: 'small.csv', drift: { verdict: 'drift' } }]);
});
