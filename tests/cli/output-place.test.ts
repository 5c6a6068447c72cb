import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
let dvc: Sandbox;
beforeAll(() => {
  box = new Sandbox().repository();
  box.write('repo/data/people.csv', 'name,age\nAnn,41\nBob,7\n');
  box.write('repo/data/photos/a.txt', 'a');
  box.write('repo/data/photos/b/c.csv', 'n\n1\n');
  box.ok(['add', 'data/people.csv', 'data/photos']);
  box.ok(['schema', 'infer', 'data/people.csv']);
  box.commit('one');
  dvc = new Sandbox();
  dvc.write('repo/.dvc/config', '');
  dvc.write('repo/.dvc/.gitignore', '/config.local\n/tmp\n/cache\n');
  dvc.git(['init', '-q', '-b', 'main']);
  dvc.write('repo/a.csv', 'id\n1\n');
  dvc.ok(['add', 'a.csv']);
});
afterAll(() => {
  box.remove();
  dvc.remove();
});

const people = 'data/people.csv';
/** Every command that writes a file which somebody names. */
const writers = (file: string): string[][] => [
  ['lock', '--output', file],
  ['describe', people, '--output', file],
  ['describe', people, '--format', 'croissant', '--output', file],
  ['profile', people, '--output', file],
  ['profile', people, '--format', 'tfdv', '--output', file],
  ['schema', 'infer', people, '--output', file],
  ['schema', 'infer', people, '--force', '--output', file],
  ['validate', people, '--output', file],
  ['drift', people, people, '--output', file],
  ['drift', people, people, '--prometheus', file],
  ['check', '--base', 'HEAD', '--output', file],
  ['validate', people, '--openlineage', file],
  ['drift', people, people, '--openlineage', file],
  ['check', '--base', 'HEAD', '--openlineage', file],
  ['add', people, '--openlineage', file],
];

test('no command writes over a dataset, into one, over a pointer, or over what is of Git, varve or DVC', () => {
  const head = readFileSync(box.path('repo/.git/HEAD'), 'utf8');
  const settings = readFileSync(box.path('repo/.varve/config.yaml'), 'utf8');
  const kept: [string, string][] = [
    [people, 'is a dataset'],
    ['data/photos/a.txt', 'lies in the dataset data/photos'],
    ['data/photos/new/page.html', 'lies in the dataset data/photos'],
    [`${people}.varve`, 'is a pointer'],
    ['data/new.varve', 'would be taken for a pointer'],
    ['data/new.csv.dvc', 'would be taken for a pointer'],
    ['.git/HEAD', "which is Git's"],
    ['.git/hooks/pre-commit', "which is Git's"],
    ['.varve/config.yaml', "which is varve's"],
    ['.gitignore', 'says how Git'],
    ['data/.gitattributes', 'says how Git'],
  ];
  for (const [file, what] of kept)
    for (const args of file === people ? writers(file) : writers(file).slice(0, 1))
      expect(refused(box, args, 'output-reserved', file)).toContain(what);
  // What infers a schema writes one.
  const schema = `${people}.schema.yaml`;
  for (const args of writers(schema).filter(([command]) => command !== 'schema'))
    expect(refused(box, args, 'output-reserved', schema)).toContain('is a schema');
  linkSync(box.path('repo', people), box.path('repo/hard.jsonl'));
  for (const args of writers('hard.jsonl').filter((words) => words.includes('--openlineage')))
    expect(refused(box, args, 'output-reserved', 'hard.jsonl')).toContain('shares its bytes');
  rmSync(box.path('repo/hard.jsonl'));
  const part = box.varve(['profile', people, '--part', '1/2', '--output', people]);
  expect([part.code, part.err]).toEqual([2, expect.stringContaining(`${people} is the data of ${people}`)]);
  expect(refused(box, ['lock', '--output', box.path('repo', people)], 'output-reserved', people)).toContain(
    'is a dataset',
  );
  expect(readFileSync(box.path('repo/.git/HEAD'), 'utf8')).toBe(head);
  expect(readFileSync(box.path('repo/.varve/config.yaml'), 'utf8')).toBe(settings);
  expect(existsSync(box.path('repo/.git/hooks/pre-commit'))).toBe(false);
});

test('the name that the remedy gives is free, and can be written', () => {
  for (const [file, free] of [
    [people, 'data/people-out.csv'],
    ['data/photos/page.html', 'data/photos-out.html'],
    [`${people}.varve`, 'data/people-out.csv'],
    ['.git/config', 'config-out'],
    ['.gitignore', 'gitignore-out'],
  ] as const) {
    expect(refused(box, ['lock', '--output', file], 'output-reserved', file)).toContain(`such as ${free}.`);
    box.write(`repo/${free}`, 'mine');
    const [, second] = /such as (\S+)\.$/m.exec(
      refused(box, ['lock', '--output', file], 'output-reserved', file),
    )!;
    expect(second).not.toBe(free);
    box.ok(['lock', '--output', second!]);
    expect(readFileSync(box.path('repo', free), 'utf8')).toBe('mine');
    for (const made of [free, second!]) rmSync(box.path('repo', made));
  }
  // From within the folder of a dataset, too.
  expect(
    refused(box, ['lock', '--output', 'x.lock'], 'output-reserved', 'x.lock', 'repo/data/photos'),
  ).toContain('such as ../photos-out.lock.');
});

test('an ordinary file that is there is replaced, and a device is written', () => {
  box.write('repo/report.html', 'old');
  box.ok(['profile', people, '--format', 'html', '--output', 'report.html']);
  expect(readFileSync(box.path('repo/report.html'), 'utf8')).toContain('<html');
  rmSync(box.path('repo/report.html'));
  box.write('elsewhere/old.lock', 'old');
  box.ok(['lock', '--output', '../elsewhere/old.lock']);
  expect(readFileSync(box.path('elsewhere/old.lock'), 'utf8')).toContain('varveLock');
  box.ok(['schema', 'infer', people, '--force']);
  box.git(['checkout', '-q', '.']);
});

test('a copy joins a folder of data where nothing lies, and no more', () => {
  box.ok(['get', people, '-o', 'data/photos/people.csv']);
  rmSync(box.path('repo/data/photos/people.csv'));
  rmSync(box.path('repo', people));
  for (const file of ['.git/hooks/post-checkout', '.varve/x', 'x.csv.varve', people])
    refused(box, ['get', 'data/photos/a.txt', '-o', file], 'output-reserved', file);
  refused(box, ['get', 'people.csv@HEAD'], 'output-reserved', 'people.csv', 'repo/data');
  box.ok(['checkout']);
});

test('a file that is no schema is not called one', () => {
  box.write('repo/notes.md', '# mine\n');
  const remedy = refused(
    box,
    ['schema', 'infer', people, '--output', 'notes.md'],
    'output-exists',
    'notes.md',
  );
  expect(remedy).toContain('is no schema');
  expect(remedy).not.toContain('schema update');
  const update = refused(
    box,
    ['schema', 'infer', people, '--output', `${people}.schema.yaml`],
    'schema-exists',
    people,
  );
  expect(update).toContain('varve schema update');
  box.ok(['schema', 'update', people, '--schema', `${people}.schema.yaml`]);
  rmSync(box.path('repo/notes.md'));
});

test('in a repository of DVC, what `dvc add` keeps is kept, and what a stage makes is written', () => {
  // By its name, the file of DVC does not tell which data it is of.
  dvc.write('repo/b.csv', 'id\n2\n');
  const pointer = readFileSync(dvc.path('repo/a.csv.dvc'), 'utf8');
  dvc.write('repo/other.dvc', pointer.replace('a.csv', 'b.csv'));
  for (const file of ['a.csv', 'b.csv', 'a.csv.dvc', '.dvc/config', 'dvc.yaml', '.dvcignore'])
    refused(dvc, ['profile', 'a.csv', '--output', file], 'output-reserved', file);
  rmSync(dvc.path('repo/other.dvc'));
  dvc.write('repo/dvc.yaml', 'stages:\n  look:\n    cmd: x\n    outs:\n      - page.html\n');
  dvc.write(
    'repo/dvc.lock',
    "schema: '2.0'\nstages:\n  look:\n    cmd: x\n    outs:\n    - path: page.html\n      hash: md5\n      md5: 900150983cd24fb0d6963f7d28e17f72\n      size: 3\n",
  );
  writeFileSync(dvc.path('repo/page.html'), 'abc');
  dvc.ok(['profile', 'a.csv', '--format', 'html', '--output', 'page.html']);
  expect(readFileSync(dvc.path('repo/page.html'), 'utf8')).toContain('<html');
});

test('events go to the file of a file: address, and to no kind of address that nobody sends to', () => {
  mkdirSync(box.path('with space'));
  for (const [place, file] of [
    [pathToFileURL(box.path('with space/events.jsonl')).href, 'with space/events.jsonl'],
    ['file:events.jsonl', 'repo/events.jsonl'],
    ['./a:b', 'repo/a:b'],
  ] as const) {
    box.ok(['validate', people, '--openlineage', place]);
    expect(readFileSync(box.path(file), 'utf8')).toContain('"COMPLETE"');
    rmSync(box.path(file));
  }
  for (const place of [
    'ftp://ann:hunter2@host/x',
    'kafka://broker/topic',
    'kafka:ann:hunter2@x',
    'file://host/x',
  ]) {
    const err = refused(box, ['validate', people, '--openlineage', place], 'usage', place.split(':')[0]!);
    expect(err).toContain('http:// or https://');
    expect(err).not.toContain('hunter2');
  }
  const address = pathToFileURL(box.path('repo', people)).href;
  refused(box, ['validate', people, '--openlineage', address], 'output-reserved', people);
});
