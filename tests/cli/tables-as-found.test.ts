import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import type { Profile } from '../../src/profile/model/model.ts';
import type { ValidationReport } from '../../src/schema/anomaly.ts';
import { Sandbox } from '../support/sandbox.ts';

const sandbox = new Sandbox().repository();
afterAll(() => sandbox.remove());

const typesOf = ({ tables }: Profile) =>
  tables[0]!.features.map(({ path, type, time }) => [
    path[0],
    type,
    ...(time === undefined ? [] : [time.min]),
  ]);

test('dates that may be read in two ways stay text until an option or the schema says how', () => {
  sandbox.write('repo/sold.csv', 'sold,country\n01/02/2024,NO\n03/04/2024,NO\n');
  expect(typesOf(sandbox.json<Profile>(['profile', 'sold.csv']))).toEqual([
    ['sold', 'string'],
    ['country', 'string'],
  ]);
  const text = sandbox.ok(['profile', 'sold.csv']).replace(/\s+/g, ' ');
  expect(text).toContain(
    'sold is text: its dates fit %d/%m/%Y and %m/%d/%Y. Say which it is by --date-format sold=%d/%m/%Y',
  );
  const asked = sandbox.json<Profile>(['profile', 'sold.csv', '--date-format', 'sold=%m/%d/%Y']);
  expect(typesOf(asked)[0]).toEqual(['sold', 'date', '2024-01-02']);

  sandbox.ok(['add', 'sold.csv']);
  sandbox.write(
    'repo/sold.csv.schema.yaml',
    'varveSchema: 1\nfeatures:\n  sold: { type: date, timeFormat: "%m/%d/%Y", range: { max: 2024-03-01 }, expect: sold > DATE \'2024-01-05\' }\n  country: { type: string }\n',
  );
  // The data is the same, and its profile is made anew; then it is as the schema says.
  const pointer = () => readFileSync(sandbox.path('repo', 'sold.csv.varve'), 'utf8');
  const asText = pointer();
  sandbox.ok(['add', 'sold.csv']);
  const asDates = pointer();
  expect(asDates.replace(/^profile: .*$/m, '')).toBe(asText.replace(/^profile: .*$/m, ''));
  expect(asDates).not.toBe(asText);
  sandbox.ok(['add', 'sold.csv']);
  expect(pointer()).toBe(asDates);

  const report = sandbox.json<ValidationReport>(['validate', 'sold.csv'], 'repo', 1);
  expect(report.anomalies.map(({ kind }) => kind).sort()).toEqual([
    'CUSTOM_VALIDATION',
    'TIME_TYPE_TOO_LATE',
  ]);

  sandbox.write('repo/sold.csv', 'sold,country\n01/02/2024,NO\n03/04/2024,NO\n05/06/2024,SE\n');
  sandbox.ok(['add', 'sold.csv']);
  sandbox.commit('sold');
  expect(typesOf(sandbox.json<Profile>(['profile', 'sold.csv@HEAD']))[0]).toEqual([
    'sold',
    'date',
    '2024-01-02',
  ]);
});

test('formats that read nothing are refused', () => {
  sandbox.write('repo/a.csv', 'd,n\n01/02/2024,x\n');
  const refused = (format: string) =>
    sandbox.json<{ error: { code: string } }>(['profile', 'a.csv', '--date-format', format], 'repo', 2).error
      .code;
  expect(refused('q=%d/%m/%Y')).toBe('column-missing');
  expect(refused('n=%d/%m/%Y')).toBe('date-format-unfit');
  expect(refused('d=%Q')).toBe('date-format-invalid');
  expect(sandbox.varve(['profile', 'a.csv', '--date-format', 'd'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('column=format'),
  });
});

test('a folder as it grew is one table, and what is apart says why', () => {
  sandbox.write('repo/days/1.csv', 'id,at,code\n1,01/02/2024,7\n');
  sandbox.write('repo/days/2.csv.gz', gzipSync('code,id,at\n7a,2,02/14/2024\n'));
  sandbox.write('repo/days/3.csv', 'id;at;code;more\r\n3;03/04/2024;8;x\n');
  sandbox.write('repo/days/notes.csv', 'Notes of the week\nauthor,text\nAnn,"all\r\nwell"\n');
  const profile = sandbox.json<Profile>(['profile', 'days']);
  expect(profile.tables.map(({ name, rows }) => [name, rows])).toEqual([
    ['1.csv', 3],
    ['notes.csv', 1],
    ['.files', 4],
  ]);
  expect(typesOf(profile)).toEqual([
    ['code', 'string'],
    ['id', 'integer'],
    ['at', 'date', '2024-01-02'],
    ['more', 'string'],
  ]);
  const text = sandbox.ok(['profile', 'days', '--format', 'markdown']);
  expect(text).toContain('1 line before the header left out.');
  expect(text).toContain('Apart from 1.csv: 0 of 6 columns are in both.');
  sandbox.ok(['add', 'days']);
  sandbox.ok(['schema', 'infer', 'days']);
  expect(sandbox.json<ValidationReport>(['validate', 'days']).valid).toBe(true);
  const whole = sandbox.json<Profile>(['profile', 'days/*.csv']);
  expect(whole.tables[0]).toMatchObject({ rows: 2 });
});

test('messages name a file as whoever asked did, so that what they advise can be done', () => {
  sandbox.write('repo/found/deep/latin.csv', Buffer.from('a,b\n1,gr\xfcn\n', 'latin1'));
  sandbox.write('repo/found/deep/good.csv', 'a,b\n1,2\n');
  const message = (args: readonly string[], at = 'repo') => {
    const { code, err } = sandbox.varve(args, at);
    expect(code).toBe(2);
    return err;
  };
  const path = 'found/deep/latin.csv';
  const said = `varve: ${path}, line 2: the bytes are not UTF-8\n  Convert it first: \`iconv -f windows-1252 -t utf-8 ${path}\``;
  for (const name of [path, 'found', 'found/**/*.csv']) expect(message(['profile', name])).toContain(said);
  expect(message(['profile', 'deep'], 'repo/found')).toContain('deep/latin.csv, line 2: ');
  expect(sandbox.varve(['add', 'deep'], 'repo/found').err).toContain(
    'deep/latin.csv, line 2: the bytes are not UTF-8; found/deep is added without statistics',
  );
  sandbox.commit('found');
  expect(message(['profile', 'found/deep@HEAD'])).toContain('latin.csv of found/deep@HEAD, line 2: ');
});

test('infinite numbers are the extremes that people see, and are counted beside the finite ones in JSON', () => {
  sandbox.write('repo/infinite.csv', 'x,y\n1,1e400\n-inf,1e400\n2.5,1e400\n');
  const [x, y] = sandbox.json<Profile>(['profile', 'infinite.csv']).tables[0]!.features;
  expect(x!.numeric).toMatchObject({ min: '1', max: '2.5', negativeInfinity: 1, positiveInfinity: 0 });
  expect(y!.numeric).toMatchObject({ min: null, max: null, positiveInfinity: 3 });
  const text = sandbox.ok(['profile', 'infinite.csv', '--format', 'markdown']);
  expect(text).toMatch(/\| `x` \| float \| 0 % \| 3 \| -∞ \| [^|]* \| 2\.5 \|/);
  expect(text).toMatch(/\| `y` \| float \| 0 % \| 1 \| ∞ \| [^|]* \| ∞ \|/);
});
