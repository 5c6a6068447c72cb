import { rmSync, truncateSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';

const sandbox = new Sandbox().repository();
afterAll(() => sandbox.remove());

const PORTS = {
  '@type': 'cr:RecordSet',
  '@id': 'ports',
  name: 'ports',
  dataType: 'sc:Enumeration',
  key: { '@id': 'ports/code' },
  field: [{ '@type': 'cr:Field', '@id': 'ports/code', name: 'code', dataType: 'sc:Text' }],
  data: [{ 'ports/code': 'C' }, { 'ports/code': 'S' }],
};

function field(
  name: string,
  dataType: string | string[],
  more: object = {},
  extract: object = { column: name },
) {
  const source = { fileObject: { '@id': 'passengers.csv' }, extract };
  return {
    '@type': 'cr:Field',
    '@id': `passengers/${name}`,
    name: `passengers/${name}`,
    dataType,
    source,
    ...more,
  };
}

/** As publishers write it: several files, an enumeration, a key, columns that go by another name, and fields that are no columns. */
const DOCUMENT = {
  '@type': 'sc:Dataset',
  name: 'titanic',
  conformsTo: 'http://mlcommons.org/croissant/1.0',
  distribution: [
    { '@type': 'cr:FileObject', '@id': 'passengers.csv', contentUrl: 'data/titanic.csv' },
    { '@type': 'cr:FileObject', '@id': 'crew.csv', contentUrl: 'data/crew.csv' },
  ],
  recordSet: [
    PORTS,
    {
      '@type': 'cr:RecordSet',
      '@id': 'passengers',
      name: 'passengers',
      key: { '@id': 'passengers/id' },
      field: [
        field('id', 'cr:Int64', { description: 'Number of the ticket.\nNever twice.' }),
        field('sex', ['sc:Text', 'wd:Q48277'], {}, { column: 'gender' }),
        field('port', 'sc:Text', { references: { field: { '@id': 'ports/code' } } }),
        field('born', 'sc:Date'),
        field('fare', 'sc:Float'),
        field('year', 'sc:Integer', {
          source: { extract: { column: 'notes' }, transform: { regex: '([0-9]{4})' } },
        }),
        field('file', 'sc:Text', {}, { fileProperty: 'filename' }),
      ],
    },
    {
      '@type': 'cr:RecordSet',
      '@id': 'crew',
      name: 'crew',
      field: [
        {
          ...field('rank', 'sc:Text'),
          source: { fileObject: { '@id': 'crew.csv' }, extract: { column: 'rank' } },
        },
      ],
    },
  ],
};

test('Croissant metadata says what a file should look like, and leaves open what it has no words for', () => {
  sandbox.write('repo/croissant.json', JSON.stringify(DOCUMENT));
  sandbox.write(
    'repo/data/titanic.csv',
    'id,gender,port,born,fare,notes\n1,f,C,1990-01-01,2.5,in 1912\n2,,S,,,\n',
  );
  sandbox.ok(['schema', 'infer', 'data/titanic.csv', '--from', 'croissant.json', '--explain']);
  expect(
    sandbox.ok(['schema', 'show', 'data/titanic.csv']).split('\n').slice(2).join('\n'),
  ).toBe(`varveSchema: 1
keys:
  - id
features:
  # Number of the ticket.
  # Never twice.
  id:
    type: integer
  gender:
    type: string
  port:
    type: string
    domain: [ C, S ]
  born:
    type: date
  fare:
    type: float
  notes:
    type: any
`);
  sandbox.ok(['validate', 'data/titanic.csv']);
  sandbox.write('repo/data/titanic.csv', 'id,gender,port,born,fare,notes\n1,f,Q,1990-01-01,2.5,\n1,f,S,,,\n');
  const { out, code } = sandbox.varve(['validate', 'data/titanic.csv']);
  expect(code).toBe(1);
  expect(out).toContain('port');
  expect(out).toContain('Repeated keys');
});

test('the files of a folder are tables, and a file that the metadata does not name is refused with their names', () => {
  sandbox.write('repo/data/crew.csv', 'rank\ncaptain\n');
  const { tables } = sandbox.json([
    'schema',
    'infer',
    'data',
    '--from',
    'croissant.json',
    '--output',
    'folder.yaml',
  ]);
  expect(tables).toBe(2);
  sandbox.varve(['validate', 'data', '--schema', 'folder.yaml']);
  expect(sandbox.varve(['validate', 'data', '--schema', 'folder.yaml', '--json']).out).not.toContain(
    'Table missing',
  );
  sandbox.write('repo/other.csv', 'rank\n1\n');
  const other = sandbox.varve(['schema', 'infer', 'other.csv', '--from', 'croissant.json']);
  expect(other).toMatchObject({ code: 2 });
  expect(other.err).toContain('data/titanic.csv');
});

test('what varve writes for Croissant comes back as a schema that the data satisfies', () => {
  sandbox.write(
    'repo/round/year=2024/a.csv',
    'id,when,on,ratio,ok,who\n1,2024-01-01T10:00:00,2024-01-01,0.5,true,Ann\n',
  );
  sandbox.write(
    'repo/round/year=2025/b.csv',
    'id,when,on,ratio,ok,who\n2,2025-01-01T10:00:00,2025-01-02,1.5,false,Bob\n',
  );
  sandbox.write('repo/nested.json', '[{"a":{"b c":true},"legs":[1,2]},{"a":{"b c":false},"legs":[]}]');
  sandbox.ok(['add', 'round', 'nested.json']);
  for (const dataset of ['round', 'nested.json']) {
    sandbox.ok(['describe', dataset, '--format', 'croissant', '--output', 'own.json']);
    sandbox.ok(['schema', 'infer', dataset, '--from', 'own.json', '--output', 'own.yaml', '--force']);
    sandbox.ok(['validate', dataset, '--schema', 'own.yaml']);
    const said = sandbox.json<{ text: string }>([
      'schema',
      'infer',
      dataset,
      '--from',
      'own.json',
      '--output',
      'own.yaml',
      '--force',
    ]);
    expect(typesOf(said.text)).toEqual(
      typesOf(
        sandbox.json<{ text: string }>(['schema', 'infer', dataset, '--output', 'inferred.yaml', '--force'])
          .text,
      ),
    );
  }
});

function typesOf(text: string): string[] {
  return [...text.matchAll(/^ {2}(\S.*):\n {4}type: (.*)$/gm)]
    .map(([, name, type]) => `${name} ${type}`)
    .sort();
}

test('what is no metadata, or tells of no columns, is refused and nothing is written', () => {
  const refused = (text: string, ...args: string[]) => {
    sandbox.write('repo/from.json', text);
    return sandbox.json<{ error: { code: string } }>(
      ['schema', 'infer', 'other.csv', '--from', 'from.json', ...args],
      'repo',
      2,
    ).error.code;
  };
  expect(refused('{')).toBe('schema-source-invalid');
  expect(refused('[1]')).toBe('schema-source-invalid');
  expect(refused(JSON.stringify({ '@type': 'sc:Dataset', recordSet: [PORTS] }))).toBe(
    'schema-source-invalid',
  );
  const deep = `${'{"subField":'.repeat(5000)}{}${'}'.repeat(5000)}`;
  expect(refused(`{"@type":"sc:Dataset","recordSet":{"field":${deep}}}`)).toBe('schema-source-invalid');
  expect(refused('{}', '--strict')).toBe('usage');
  sandbox.run('ln', ['-s', '/etc/hostname', 'link.json']);
  expect(
    sandbox.json<{ error: { code: string } }>(
      ['schema', 'infer', 'other.csv', '--from', 'link.json'],
      'repo',
      2,
    ).error.code,
  ).toBe('symlink-refused');
  expect(sandbox.varve(['schema', 'show', 'other.csv']).err).toContain('There is no schema');
});

test('two fields of one name are refused, since nobody could say which is meant', () => {
  sandbox.write('repo/three.csv', 'rank\n1\n');
  const { '@id': _, ...unnamed } = field('rank', 'sc:Integer');
  const twins = [
    [field('rank', 'sc:Text'), field('rank', 'sc:Integer')],
    [{ ...field('rank', 'sc:Text'), '@id': 'other' }, unnamed],
  ];
  for (const two of twins) {
    const recordSet = [{ '@type': 'cr:RecordSet', '@id': 'people', name: 'people', field: two }];
    sandbox.write('repo/twins.json', JSON.stringify({ ...DOCUMENT, recordSet }));
    const { code, err } = sandbox.varve(['schema', 'infer', 'three.csv', '--from', 'twins.json']);
    expect([code, err]).toEqual([
      2,
      expect.stringContaining('has two fields called "passengers/rank" in the record set "people"'),
    ]);
  }
});

test('a file of data is no document, and is refused before it is read', () => {
  const path = sandbox.write('repo/large.json', '');
  // Its bytes are holes: what reads it as a whole takes 3 GB of memory, and more than a text can have.
  truncateSync(path, 3 * 2 ** 30);
  for (const args of [
    ['schema', 'infer', 'three.csv', '--from', 'large.json'],
    ['validate', 'three.csv', '--schema', 'large.json'],
  ]) {
    const { code, err } = sandbox.varve(args);
    expect([code, err]).toEqual([2, expect.stringContaining('large.json is larger than 16.0 MiB')]);
  }
  const lock = sandbox.varve(['checkout', '--locked', 'large.json']);
  expect([lock.code, lock.err]).toEqual([2, expect.stringContaining('larger than 4 MiB')]);
  rmSync(path);
});
