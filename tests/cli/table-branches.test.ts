import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { AddResult, DiffResult, UpdateResult } from '../../src/index.ts';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';
import { describeWithWeb } from '../support/web-server.ts';

/** Written by delta-rs and pyiceberg: `scripts/make-table-fixtures.py`. */
const TABLES = join(import.meta.dirname, '..', '..', 'fixtures', 'tables');
/** Snapshots of the Iceberg table, of 10, 25 and 15 rows. */
const [FIRST, SECOND, THIRD] = ['8628767951069796528', '6648632406484881557', '7332541412104381592'] as const;
const ODD = "-b'; touch hacked; '";

interface Ref {
  readonly type: 'branch' | 'tag';
  readonly at: string;
}

describeWithWeb('what was named of a table', (server) => {
  let box: Sandbox;
  beforeAll(() => {
    cpSync(TABLES, server.root, { recursive: true });
    box = new Sandbox().repository();
  });
  beforeEach(() => refs({ dev: { type: 'branch', at: FIRST } }));
  afterAll(() => box?.remove());

  const url = (table: string) => `${server.url}/${table}`;
  const add = (table: string, to: string, ...options: string[]) =>
    box.json<AddResult>(['add', url(table), '--to', to, ...options]).datasets[0]!;
  const update = (...paths: string[]) => box.json<UpdateResult>(['update', ...paths]).datasets;
  const pointer = (path: string) => readFileSync(box.path('repo', `${path}.varve`), 'utf8');
  /** The command that a line or a remedy names, as a shell runs it. */
  const typed = (text: string, folder = 'repo') => {
    const [, command = ''] = /`(varve add [^`]+)`/.exec(text) ?? [];
    const varve = `${process.execPath} ${join(import.meta.dirname, '..', '..', 'bin', 'varve.js')}`;
    return execFileSync('sh', ['-c', command.replace(/^varve/, varve)], {
      cwd: box.path(folder),
      env: { ...process.env, ...box.env },
      encoding: 'utf8',
    });
  };

  /** Give the Iceberg table branches and tags beside its main branch. */
  function refs(named: Record<string, Ref>, changes: (text: string) => string = (text) => text): void {
    const folder = join(server.root, 'iceberg/metadata');
    const newest = readdirSync(folder).find((name) => name.startsWith('00004-'))!;
    const text = readFileSync(join(TABLES, 'iceberg/metadata', newest), 'utf8');
    const added = Object.entries(named).map(
      ([name, { type, at }]) => `${JSON.stringify(name)}:{"snapshot-id":${at},"type":"${type}"}`,
    );
    writeFileSync(
      join(folder, newest),
      changes(text.replace('"refs":{', `"refs":{${added.map((one) => `${one},`).join('')}`)),
    );
  }

  test('update follows the branch, and no other one', () => {
    expect(add('iceberg', 'a/dev', '--at', 'dev')).toMatchObject({
      table: { format: 'iceberg', version: FIRST, branch: 'dev' },
    });
    expect(pointer('a/dev')).toMatch(
      /^varve: 11\n[\s\S]*\ntable: iceberg\ntable-version: "\d+"\ntable-branch: dev\n$/,
    );
    expect(update()).toMatchObject([{ change: 'unchanged', table: { version: FIRST, branch: 'dev' } }]);
    box.commit('dev');
    refs({ dev: { type: 'branch', at: SECOND } });
    expect(update('a/dev')).toMatchObject([
      { change: 'changed', before: FIRST, table: { version: SECOND, branch: 'dev' }, files: 2, added: 1 },
    ]);
    expect(pointer('a/dev')).toContain('\ntable-branch: dev\n');
    expect(box.ok(['update'])).toContain(`version ${SECOND} of the branch "dev" of http`);
    // What the main branch has is another origin.
    add('iceberg', 'a/dev');
    expect(pointer('a/dev')).toMatch(/^varve: 7\n/);
    expect(box.json<DiffResult>(['diff', 'HEAD', 'a/dev']).datasets[0]).toMatchObject({
      origins: { before: `${url('iceberg')}, branch "dev"`, after: url('iceberg') },
    });
    expect(update('a/dev')).toMatchObject([{ table: { version: THIRD } }]);
  });

  test('the main branch is what updates follow anyway, whether the metadata lists it or not', () => {
    expect(add('iceberg', 'b/main', '--at', 'main').table).toEqual({ format: 'iceberg', version: THIRD });
    refs({}, (text) => text.replace(/"refs":\{.*?\}\}/, '"refs":null'));
    expect(add('iceberg', 'b/main', '--at', 'main')).toMatchObject({ change: 'unchanged' });
    const err = refused(
      box,
      ['add', url('iceberg'), '--at', 'dev', '--to', 'x'],
      'table-version-missing',
      'dev',
    );
    expect(err).toContain('"main"');
  });

  test('a version, a snapshot and a tag stay, nobody is asked, and the command that is named moves them', () => {
    for (const [table, at, version] of [
      ['delta', '0', '0'],
      ['iceberg', 'two', SECOND],
      ['iceberg', FIRST, FIRST],
    ] as const) {
      const to = `c/${table}-${at}`;
      expect(add(table, to, '--at', at)).toMatchObject({ table: { version, at } });
      const before = pointer(to);
      expect(before).toMatch(/^varve: 11\n[\s\S]*\ntable-at: \S+\n$/);
      const [folder, aside] = [join(server.root, table), join(server.root, 'aside')];
      renameSync(folder, aside);
      expect(update(to)).toMatchObject([
        { change: 'unchanged', before: version, table: { version, at }, source: url(table) },
      ]);
      const text = box.ok(['update', `../${to}`], 'repo/a');
      renameSync(aside, folder);
      expect(pointer(to)).toBe(before);
      expect(text).toMatch(
        new RegExp(`^unchanged +${to} +.*\\n +stays as \`--at ${at}\` named it; for the newest`),
      );
      expect(box.ok(['update'])).toContain(`stays as \`--at ${at}\``);
      expect(typed(text, 'repo/a')).toContain('changed');
      expect(pointer(to)).toMatch(/^varve: 7\n/);
      expect(update(to)).toMatchObject([
        { change: 'unchanged', table: { version: table === 'delta' ? '4' : THIRD } },
      ]);
    }
  });

  test('statistics of every row are not lost by the command that is named', () => {
    expect(add('delta', 'd/full', '--at', '0', '--statistics', 'full')).toMatchObject({ rows: 10 });
    expect(update('d/full')).toMatchObject([{ rows: 10, profile: expect.any(String) }]);
    typed(box.ok(['update', 'd/full']));
    expect(pointer('d/full')).toMatch(/\nrows: 25\nprofile: /);
    expect(add('delta', 'd/told', '--at', '0', '--statistics', 'table')).toMatchObject({ rows: 10 });
    expect(update('d/told')).toMatchObject([{ rows: 10, statistics: 'table' }]);
    typed(box.ok(['update', 'd/told']));
    expect(pointer('d/told')).toMatch(/\nrows: 25\nfooters: .*\nfooters-by: table\n/);
  });

  test('a branch that is gone, or has become a tag, is refused in those words', () => {
    add('iceberg', 'e/dev', '--at', 'dev');
    refs({});
    const gone = refused(box, ['update', 'e/dev'], 'table-version-missing', 'no branch "dev" any more');
    expect(typed(gone)).toContain(`version ${THIRD}`);
    refs({ dev: { type: 'branch', at: FIRST } });
    add('iceberg', 'e/dev', '--at', 'dev');
    refs({ dev: { type: 'tag', at: SECOND } });
    const tag = refused(box, ['update', 'e/dev'], 'table-version-missing', '"dev" is a tag of the table');
    expect(tag).toContain(`varve add ${url('iceberg')} --at NAME --to e/dev`);
    // What is no branch any more is a tag for whoever names it.
    expect(add('iceberg', 'e/dev', '--at', 'dev')).toMatchObject({ table: { version: SECOND, at: 'dev' } });
  });

  test('a stranger can make it follow another branch or stay, which Git shows, and run nothing', () => {
    refs({ [ODD]: { type: 'branch', at: FIRST }, tagged: { type: 'tag', at: SECOND } });
    expect(add('iceberg', 'f/odd', `--at=${ODD}`)).toMatchObject({ table: { branch: ODD } });
    const text = pointer('f/odd');
    expect(update('f/odd')).toMatchObject([{ change: 'unchanged', table: { branch: ODD } }]);
    const write = (line: string) => box.write('repo/f/odd.varve', text.replace(/table-branch: .*\n/, line));
    write(`table-at: ${JSON.stringify(ODD)}\n`);
    const said = box.ok(['update', 'f/odd']);
    expect(said).toContain(`--at='-b'\\''; touch hacked; '\\'''`);
    expect(typed(said)).toContain('changed');
    expect(readdirSync(box.path('repo'))).not.toContain('hacked');
    for (const [line, code] of [
      [`table-branch: tagged\n`, 'table-version-missing'],
      [`table-branch: __proto__\n`, 'table-version-missing'],
      [`table-branch: "${FIRST}"\n`, 'table-version-missing'],
      [`table-branch: "a\\u001b[2J"\n`, 'pointer-damaged'],
      [`table-branch: dev\ntable-at: dev\n`, 'pointer-damaged'],
    ] as const) {
      write(line);
      refused(box, ['update', 'f/odd'], code, 'odd');
    }
  });

  test('a branch is read by the columns that the table has now, a tag by its own', () => {
    const renamed = (text: string) => {
      const fields = /"schemas":\[\{"type":"struct","fields":(\[.*?\]),"schema-id":0/.exec(text)![1]!;
      const later = fields.replace('"name":"name"', '"name":"label"');
      return text
        .replace('"schemas":[', `"schemas":[{"type":"struct","fields":${later},"schema-id":1},`)
        .replace('"current-schema-id":0', '"current-schema-id":1');
    };
    refs({ dev: { type: 'branch', at: FIRST } }, renamed);
    add('iceberg', 'g/dev', '--at', 'dev', '--statistics', 'table');
    expect(box.ok(['profile', 'g/dev'])).toContain('label');
    add('iceberg', 'g/two', '--at', 'two', '--statistics', 'table');
    expect(box.ok(['profile', 'g/two'])).not.toContain('label');
  });

  test('a number of a version has one form', () => {
    for (const at of ['01', '1.0', '+1', '00000000000000000001'])
      expect(
        refused(box, ['add', url('delta'), '--at', at, '--to', 'x'], 'table-version-missing', at),
      ).toContain('versions 0 to 4');
  });
});
