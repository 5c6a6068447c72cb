import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox().repository().withRemote();
  box.write('repo/data/a.csv', 'id\n1\n');
  box.write('repo/data/tab/x.csv', 'id\n1\n');
  box.write('repo/data/tab/sub/run.sh', 'run');
  chmodSync(box.path('repo/data/tab/sub/run.sh'), 0o755);
  box.ok(['add', 'data/a.csv', 'data/tab']);
  box.commit('v1');
  box.git(['tag', 'v1']);
  box.write('repo/data/a.csv', 'id\n2\n');
  box.write('repo/data/tab/x.csv', 'id\n2\n');
  box.ok(['add', 'data/a.csv', 'data/tab']);
  box.commit('v2');
  box.ok(['push', '--all-commits']);
});
afterEach(() => box.remove());

const text = (path: string) => readFileSync(box.path(path), 'utf8');

test('get copies a file or folder of any version to where nothing lies, and touches nothing else', () => {
  const { output, ...facts } = box.json(['get', 'data/a.csv@v1', '-o', 'old.csv']);
  expect(facts).toEqual({
    path: 'data/a.csv',
    commit: box.git(['rev-parse', 'v1']).trim(),
    files: 1,
    bytes: 5,
  });
  expect([output, text('repo/old.csv')]).toEqual([box.path('repo/old.csv'), 'id\n1\n']);
  box.ok(['get', 'data/tab@v1', '-o', 'copies/']);
  expect(text('repo/copies/tab/x.csv')).toBe('id\n1\n');
  expect(statSync(box.path('repo/copies/tab/sub/run.sh')).mode & 0o111).toBe(0o111);
  box.ok(['get', 'data/tab/sub@v1', '-o', 'copies']);
  expect(readdirSync(box.path('repo/copies/sub'))).toEqual(['run.sh']);
  expect(box.ok(['get', 'data/tab/x.csv@v1'])).toContain('data/tab/x.csv → x.csv');
  expect(text('repo/x.csv')).toBe('id\n1\n');
  expect(box.ok(['status'])).toContain('nothing changed');
  refused(box, ['get', 'data/a.csv@v1', '-o', 'old.csv'], 'output-exists', 'old.csv');
  refused(box, ['get', 'data/tab/nope@v1'], 'path-missing', 'nope');
  refused(box, ['get', 'data/nope@v1'], 'dataset-missing', 'data/nope');
  refused(box, ['get', 'data/a.csv@v9'], 'revision-unknown', 'v9');
  expect(box.run('find', ['.', '-name', '.varve-*', '-not', '-path', './.varve/*']).out).toBe('');
});

test('get fetches what the cache lacks, and no more than is asked for', () => {
  box.clone('repo', 'clone');
  box.ok(['get', 'data/tab/x.csv@v1'], 'clone');
  expect(text('clone/x.csv')).toBe('id\n1\n');
  rmSync(box.path('remote'), { recursive: true });
  refused(box, ['get', 'data/tab/sub@v1'], 'object-missing', 'data/tab', 'clone');
});

test('get takes from a repository that was never cloned, once this machine agreed to its remote', () => {
  box.git(['clone', '-q', '--bare', box.path('repo'), box.path('hub.git')], '.');
  mkdirSync(box.path('else'));
  const url = `file://${box.path('hub.git')}`;
  const said = refused(box, ['get', url, 'data/a.csv@v1'], 'settings-untrusted', 'config.yaml', 'else');
  const [, command] = /run `varve (trust [^`]+)`/.exec(said)!;
  expect(command).toContain(`--repository ${url} sha256:`);
  box.ok(command!.split(' '), 'else');
  box.ok(['get', url, 'data/a.csv@v1'], 'else');
  box.ok(['get', url, 'data/tab', '-o', 'newest'], 'else');
  expect([text('else/a.csv'), text('else/newest/x.csv')]).toEqual(['id\n1\n', 'id\n2\n']);
  expect(box.ok(['ls', '--repository', url, 'v1'], 'else')).toContain('data/tab/');
  expect(box.ok(['cat', url, 'data/tab/x.csv@v1'], 'else')).toBe('id\n1\n');
  expect(box.json(['trust', '--repository', url, '--list'], 'else')).toMatchObject({ consents: [{}] });
  box.ok(['trust', '--repository', url, '--revoke'], 'else');
  refused(box, ['get', url, 'data/tab@v1'], 'settings-untrusted', 'config.yaml', 'else');
  expect(readdirSync(box.path('else')).sort()).toEqual(['a.csv', 'newest']);
});

test('get takes from a repository of DVC as well', () => {
  mkdirSync(box.path('dvc/.dvc'), { recursive: true });
  box.git(['init', '-q', '-b', 'main'], 'dvc');
  box.write('dvc/.dvc/.gitignore', '/config.local\n/tmp\n/cache\n');
  box.write(
    'dvc/.dvc/config',
    `[core]\n    remote = origin\n['remote "origin"']\n    url = ${box.path('remote-dvc')}\n`,
  );
  mkdirSync(box.path('remote-dvc'));
  box.write('dvc/tab/x.csv', 'id\n1\n');
  box.ok(['trust'], 'dvc');
  box.ok(['add', 'tab'], 'dvc');
  box.commit('one', 'dvc');
  box.ok(['push'], 'dvc');
  box.git(['clone', '-q', '--bare', box.path('dvc'), box.path('dvc.git')], '.');
  mkdirSync(box.path('else'));
  refused(box, ['get', '../dvc.git', 'tab'], 'settings-untrusted', 'config', 'else');
  box.ok(['trust', '--repository', '../dvc.git'], 'else');
  expect(box.ok(['ls', '--repository', '../dvc.git', 'tab'], 'else')).toContain('tab/x.csv');
  box.ok(['get', '../dvc.git', 'tab'], 'else');
  expect(text('else/tab/x.csv')).toBe('id\n1\n');
  expect(box.ok(['cat', '../dvc.git', 'tab/x.csv@HEAD'], 'else')).toBe('id\n1\n');
});

test('a working tree of this machine is used as it lies, without its remote', () => {
  mkdirSync(box.path('else'));
  rmSync(box.path('remote'), { recursive: true });
  box.ok(['get', '../repo', 'data/a.csv@v1'], 'else');
  box.ok(['get', '../repo/data', 'a.csv', '-o', 'b.csv'], 'else');
  expect([text('else/a.csv'), text('else/b.csv')]).toEqual(['id\n1\n', 'id\n2\n']);
});

test('no address and no repository has a command run', () => {
  mkdirSync(box.path('else'));
  const sign = box.path('else/ran');
  const option = box.varve(['get', '--', `--upload-pack=touch ${sign}`, 'data/a.csv@v1'], 'else');
  expect(option.err).toContain('no address that varve follows');
  for (const address of [`ext::sh -c touch% ${sign}`, 'foo::bar', 'foo://bar'])
    refused(box, ['get', address, 'data/a.csv@v1'], 'repository-unreachable', address, 'else');
  refused(
    box,
    ['get', 'file:///nowhere/at/all', 'data/a.csv@v1'],
    'repository-unreachable',
    '/nowhere',
    'else',
  );

  // Hooks and templates of the user, filters and links of the repository.
  const script = `#!/bin/sh\ntouch ${sign}\n`;
  for (const hook of ['post-checkout', 'reference-transaction', 'post-index-change']) {
    box.write(`hooks/${hook}`, script);
    chmodSync(box.path('hooks', hook), 0o755);
  }
  writeFileSync(
    box.path('.gitconfig'),
    `[core]\n hooksPath = ${box.path('hooks')}\n[filter "evil"]\n smudge = touch ${sign}\n clean = touch ${sign}\n[protocol]\n allow = always\n`,
  );
  box.git(['clone', '-q', '--bare', box.path('repo'), box.path('hub.git')], '.');
  rmSync(sign, { force: true });
  box.git(
    ['-c', 'core.hooksPath=/dev/null', 'clone', '-q', '-n', box.path('hub.git'), box.path('evil')],
    '.',
  );
  box.git(['-c', 'core.hooksPath=/dev/null', 'checkout', '-q', 'main'], 'evil');
  box.write('evil/.gitattributes', '* filter=evil\n');
  box.git(['-c', 'core.hooksPath=/dev/null', 'add', '.gitattributes'], 'evil');
  box.git(['-c', 'core.hooksPath=/dev/null', 'commit', '-qm', 'filters'], 'evil');
  box.git(['-c', 'core.hooksPath=/dev/null', 'push', '-q'], 'evil');
  rmSync(sign, { force: true });
  const url = `file://${box.path('hub.git')}`;
  box.ok(['trust', '--repository', url], 'else');
  box.ok(['get', url, 'data/a.csv@v1'], 'else');
  expect([existsSync(sign), text('else/a.csv')]).toEqual([false, 'id\n1\n']);
});
