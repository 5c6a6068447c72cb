import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { describeWithMinio } from '../support/minio.ts';
import { type Result, Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox().repository();
  box.write('repo/data.csv', `id\n${'1\n'.repeat(50)}`);
});
afterEach(() => box.remove());

interface Asked {
  readonly settings: readonly {
    readonly about: string;
    readonly name: string;
    readonly trusted: boolean;
    readonly fingerprint: string;
    readonly facts: readonly { readonly key: string; readonly value: string; readonly file: string }[];
  }[];
}

const asked = (folder = 'repo') => box.json<Asked>(['trust', '--show'], folder).settings;
const errorOf = ({ out }: Result) =>
  (JSON.parse(out) as { error: { code: string; message: string; remedy: string } }).error;

/** A clone by somebody who knows nothing of its settings, whose remote is a folder outside. */
function strangeClone(): void {
  box.withRemote();
  box.ok(['add', 'data.csv']);
  box.commit('data');
  box.ok(['push']);
  box.git(['clone', '-q', box.path('repo'), box.path('clone')], '.');
}

/** Does what a message says, to the letter. */
function obey({ err }: Result, folder: string): void {
  const [, line = ''] = /run `varve ([^`]+)`/.exec(err) ?? [];
  box.ok(line.split(' '), folder);
}

test('a clone is asked once, the message says what and by which file, and what it says to do works', () => {
  strangeClone();
  const refused = box.varve(['pull'], 'clone');
  expect(refused).toMatchObject({ code: 2, out: '' });
  expect(refused.err).toContain(`folder  ${box.path('remote')}  (.varve/config.yaml)`);
  obey(refused, 'clone');
  box.ok(['pull'], 'clone');
  expect(readFileSync(box.path('clone/data.csv'), 'utf8')).toBe(
    readFileSync(box.path('repo/data.csv'), 'utf8'),
  );
  expect(asked('clone')).toMatchObject([{ about: 'remote', name: 'origin', trusted: true }]);
  box.ok(['verify', '--remote', 'origin'], 'clone');
});

test('work that needs no remote needs no consent', () => {
  box.ok(['add', 'data.csv']);
  box.commit('one');
  box.write('repo/data.csv', `id\n${'2\n'.repeat(50)}`);
  box.ok(['add', 'data.csv']);
  box.write(
    'repo/.varve/config.yaml',
    'version: 1\nremotes:\n  origin: {url: s3://bucket, endpoint: "https://example.invalid", profile: any}\n',
  );
  for (const args of [
    ['status'],
    ['diff', 'HEAD'],
    ['log', 'data.csv'],
    ['drift', 'data.csv@HEAD', 'data.csv', '--fail-on', 'drift'],
    ['profile', 'data.csv@HEAD'],
    ['checkout'],
    ['verify'],
    ['gc', '--dry-run'],
    ['remote', 'list'],
  ]) {
    const { code, err } = box.varve(args);
    expect([0, 1], `${args.join(' ')} ${err}`).toContain(code);
    expect(err).not.toContain('consent');
  }
});

test('a place on AWS itself needs no consent, with or without the name of a region', () => {
  box.ok(['add', 'data.csv']);
  Object.assign(box.env, {
    AWS_ACCESS_KEY_ID: 'k',
    AWS_SECRET_ACCESS_KEY: 's',
    AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9',
  });
  for (const region of ['', 'eu-central-1', 'us-gov-west-1', 'ap-southeast-2']) {
    const more = region === '' ? '' : `, region: ${region}`;
    box.write('repo/.varve/config.yaml', `version: 1\nremotes: {origin: {url: s3://bucket/prefix${more}}}\n`);
    expect(asked()).toEqual([]);
    expect(errorOf(box.varve(['push', '--json']))).toMatchObject({ code: 'endpoint-unreachable' });
  }
});

test('who names a remote on this machine has agreed to that, and to no change of it', () => {
  for (const args of [
    ['one', box.path('remote')],
    ['two', 's3://bucket', '--endpoint', 'https://example.invalid', '--region', 'any', '--profile', 'p'],
    ['three', 'minio://lab/bucket'],
    ['four', '../remote-too', '--local'],
  ])
    box.ok(['remote', 'add', ...args]);
  expect(asked().map(({ name, trusted }) => [name, trusted])).toEqual([
    ['one', true],
    ['two', true],
    ['three', true],
    ['four', true],
  ]);
  const file = box.path('repo/.varve/config.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replace('example.invalid', 'evil.invalid'));
  expect(asked().map(({ name, trusted }) => [name, trusted])).toContainEqual(['two', false]);
  // Only the way to the default is chosen by its name.
  box.ok(['remote', 'default', 'two']);
  box.ok(['add', 'data.csv']);
  expect(errorOf(box.varve(['push', '--json']))).toMatchObject({ code: 'settings-untrusted' });
});

test('what is typed for a source is agreed to; what settings would add to it is not', () => {
  box.ok(['remote', 'source', 's3://mine', '--endpoint', 'http://127.0.0.1:9']);
  expect(asked()).toMatchObject([{ about: 'source', trusted: true }]);
  box.write('repo/.varve/config.local.yaml', 'sources: {"s3://mine": {endpoint: "http://127.0.0.1:8"}}\n');
  const add = ['add', 's3://mine/raw', '--to', 'raw', '--region', 'eu-central-1'];
  expect(errorOf(box.varve([...add, '--json']))).toMatchObject({ code: 'settings-untrusted' });
  expect(
    errorOf(box.varve(['remote', 'source', 's3://mine', '--region', 'eu-central-1', '--json'])),
  ).toMatchObject({ code: 'settings-untrusted' });
  obey(box.varve(add), 'repo');
  Object.assign(box.env, { AWS_ACCESS_KEY_ID: 'k', AWS_SECRET_ACCESS_KEY: 's' });
  expect(errorOf(box.varve([...add, '--json']))).toMatchObject({ code: 'endpoint-unreachable' });
  // Typed as a whole, nothing of the stranger's is left.
  box.write('repo/.varve/config.local.yaml', 'sources: {"s3://mine": {endpoint: "http://127.0.0.1:7"}}\n');
  box.ok(['remote', 'source', 's3://mine', '--endpoint', 'http://127.0.0.1:6']);
  expect(asked()).toMatchObject([{ trusted: true }]);
});

test('an alias in the pointer of a stranger is asked about before it is used', () => {
  const digest = `sha256:${'0'.repeat(64)}`;
  box.write(
    'repo/raw.varve',
    `varve: 1\npath: raw\nkind: directory\ndigest: ${digest}\nbytes: 1\nfiles: 1\nsource: "minio://lab/bucket/raw"\n`,
  );
  expect(asked()).toMatchObject([
    { facts: [{ key: 'source', value: 'minio://lab/bucket', file: 'raw.varve' }], trusted: false },
  ]);
});

test('consents are shown, listed and taken back, one or all', () => {
  strangeClone();
  box.write('clone/.varve/config.local.yaml', 'cache: ../shared\n');
  const [cache, remote] = asked('clone');
  expect(box.ok(['trust', '--show'], 'clone')).toContain('the cache: not agreed');
  expect(box.json(['trust', '--list'], 'clone')).toEqual({ consents: [] });
  expect(box.ok(['trust', cache!.fingerprint], 'clone')).toContain('the cache: agreed');
  expect(asked('clone').map(({ trusted }) => trusted)).toEqual([true, false]);
  expect(box.ok(['trust'], 'clone')).toContain('remote origin: agreed');
  expect(box.ok(['trust', '--list'], 'clone')).toContain(`remote folder  ${box.path('remote')}`);
  expect(box.json(['trust', '--revoke', remote!.fingerprint], 'clone')).toMatchObject({
    revoked: [{ fingerprint: remote!.fingerprint }],
  });
  expect(box.varve(['pull'], 'clone').code).toBe(2);
  box.ok(['trust', '--revoke'], 'clone');
  expect(asked('clone').map(({ trusted }) => trusted)).toEqual([false, false]);
  expect(box.ok(['trust', '--revoke'], 'clone')).toContain('nothing to take back');
  for (const args of [
    ['trust', `sha256:${'0'.repeat(64)}`],
    ['trust', 'all'],
    ['trust', '--revoke', cache!.fingerprint],
    ['trust', '--show', cache!.fingerprint],
    ['trust', '--list', '--revoke'],
  ])
    expect(box.varve(args, 'clone').code, args.join(' ')).toBe(2);
});

test('CI agrees by fingerprints in the environment, which cover no change and nothing but whole ones', () => {
  strangeClone();
  const [{ fingerprint } = { fingerprint: '' }] = asked('clone');
  for (const value of ['1', 'all', '*', 'sha256:', fingerprint.slice(0, -1), fingerprint.slice(7)]) {
    box.env.VARVE_TRUST = value;
    expect(box.varve(['fetch'], 'clone').code, value).toBe(2);
  }
  box.env.VARVE_TRUST = `sha256:${'0'.repeat(64)}, ${fingerprint}`;
  box.ok(['fetch'], 'clone');
  box.write('clone/.varve/config.yaml', 'version: 1\nremotes: {origin: {url: ../other-remote}}\n');
  expect(errorOf(box.varve(['fetch', '--json'], 'clone'))).toMatchObject({ code: 'settings-untrusted' });
  delete box.env.VARVE_TRUST;
  expect(box.json(['trust', '--list'], 'clone')).toEqual({ consents: [] });
});

describe('where consents are kept', () => {
  const folder = () => box.path('.config', 'varve', 'trust');
  const files = () =>
    readdirSync(folder(), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));

  test('only this user reads them, and all worktrees of a repository have them in common', () => {
    strangeClone();
    box.ok(['trust'], 'clone');
    for (const file of files()) expect(statSync(file).mode & 0o777).toBe(0o600);
    for (const path of [folder(), box.path('.config/varve')]) expect(statSync(path).mode & 0o777).toBe(0o700);
    box.git(['worktree', 'add', '-q', box.path('tree')], 'clone');
    box.ok(['fetch'], 'tree');
    // Another clone is another repository.
    box.git(['clone', '-q', box.path('repo'), box.path('second')], '.');
    expect(box.varve(['fetch'], 'second').code).toBe(2);
  });

  test('a submodule is a repository of its own', () => {
    strangeClone();
    box.run('git', ['init', '-q', 'super'], '.');
    box.git(
      ['-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', box.path('repo'), 'sub'],
      'super',
    );
    expect(box.varve(['fetch'], 'super/sub').code).toBe(2);
    box.ok(['trust'], 'super/sub');
    box.ok(['fetch'], 'super/sub');
  });

  test('what is damaged agrees to nothing', () => {
    strangeClone();
    box.ok(['trust'], 'clone');
    const file = files().find((one) => readFileSync(one, 'utf8').includes('/clone/.git'))!;
    const text = readFileSync(file, 'utf8');
    for (const damaged of [
      '',
      '{',
      'null',
      '[]',
      text.slice(0, -20),
      text.replace('remote', 'cache'),
      text.replace('/clone/', '/klone/'),
    ]) {
      writeFileSync(file, damaged);
      expect(box.varve(['fetch'], 'clone').code, damaged).toBe(2);
      expect(box.json(['trust', '--list'], 'clone')).toEqual({ consents: [] });
    }
    rmSync(file);
    mkdirSync(file);
    expect(box.varve(['fetch'], 'clone').code).toBe(2);
  });

  test('a place in the repository, where Git could write them, is refused', () => {
    strangeClone();
    const [{ fingerprint } = { fingerprint: '' }] = asked('clone');
    box.ok(['trust'], 'clone');
    const consents = box.path('.config');
    box.run('cp', ['-r', consents, box.path('clone/config')], '.');
    symlinkSync(box.path('clone/config'), box.path('link'));
    for (const place of ['clone/config', 'link', 'clone/.git/config-too'].map((path) => box.path(path))) {
      box.env.XDG_CONFIG_HOME = place;
      expect(errorOf(box.varve(['fetch', '--json'], 'clone')).remedy).toContain('XDG_CONFIG_HOME');
      expect(errorOf(box.varve(['trust', '--json'], 'clone'))).toMatchObject({ code: 'trust-unsafe' });
      expect(box.json(['trust', '--list'], 'clone')).toEqual({ consents: [] });
    }
    // Whoever would agree by what is typed is told before anybody is asked: nobody answers at these places.
    for (const words of [
      ['add', 'mysql://ann@127.0.0.1:1/shop', '--table', 'x', '--to', 'x.csv'],
      ['add', 'kafka://127.0.0.1:1/events', '--to', 'x'],
      ['import', 'https://127.0.0.1:1/x.git', 'data'],
    ])
      expect(errorOf(box.varve([...words, '--json'], 'clone')), words[1]!).toMatchObject({
        code: 'trust-unsafe',
      });
    box.env.VARVE_TRUST = fingerprint;
    box.ok(['fetch'], 'clone');
    delete box.env.VARVE_TRUST;
    // What is not absolute is where the user stands, and is passed over.
    box.env.XDG_CONFIG_HOME = 'config';
    box.ok(['fetch'], 'clone');
  });
});

test('facts stand on one line each, whatever they hold, and show no secret', () => {
  mkdirSync(box.path('dvc/.dvc'), { recursive: true });
  box.git(['init', '-q'], 'dvc');
  const ugly = 'https://exa\u0430mple.invalid/\u001b[2J\u202e';
  box.write(
    'dvc/.dvc/config',
    `[core]\nremote = o\n['remote "o"']\nurl = s3://bucket\nendpointurl = '''${ugly}\n::set-output name=x::y'''\nsecret_access_key = hush\n`,
  );
  const { out, err } = box.varve(['trust', '--show'], 'dvc');
  expect(err).toBe('');
  expect(out).toContain('https://exa\\u{430}mple.invalid/\\u{1b}[2J\\u{202e}\\u{a}::set-output');
  expect(out).not.toMatch(/hush|^::|[\u001b\u202e]/m);
  expect(box.varve(['trust'], 'dvc').code).toBe(0);
  for (const file of readdirSync(box.path('.config/varve/trust'), { recursive: true }) as string[])
    if (file.endsWith('.json'))
      expect(readFileSync(box.path('.config/varve/trust', file), 'utf8')).not.toContain('hush');
});

test('a file of the repository that a DVC remote reads its credentials by is asked about again when it changes', () => {
  mkdirSync(box.path('dvc'));
  box.git(['init', '-q'], 'dvc');
  box.write(
    'dvc/.dvc/config',
    '[core]\nremote = o\n[\'remote "o"\']\nurl = s3://bucket\nconfigpath = ../aws\n',
  );
  box.write('dvc/aws', '[default]\nregion = eu-central-1\n');
  box.ok(['trust'], 'dvc');
  expect(asked('dvc')).toMatchObject([{ trusted: true }]);
  box.write('dvc/aws', '[default]\ncredential_process = touch /tmp/x\n');
  expect(asked('dvc')).toMatchObject([{ trusted: false }]);
  expect(box.ok(['trust', '--show'], 'dvc')).toMatch(/runs\s+credential_process = touch \/tmp\/x/);
});

test("what this machine's own configuration of DVC says needs no consent", () => {
  mkdirSync(box.path('dvc'));
  box.git(['init', '-q'], 'dvc');
  box.write('dvc/.dvc/config', '[core]\nremote = o\n[\'remote "o"\']\nurl = s3://bucket\n');
  box.write(
    '.config/dvc/config',
    `[cache]\ndir = ${box.path('shared')}\n['remote "o"']\nendpointurl = http://127.0.0.1:9\nprofile = mine\n['remote "mine"']\nurl = ${box.path('remote')}\n`,
  );
  expect(asked('dvc')).toEqual([]);
  box.write('dvc/data.csv', 'id\n1\n');
  box.ok(['add', 'data.csv'], 'dvc');
  box.ok(['push', '--remote', 'mine'], 'dvc');
  expect(readdirSync(box.path('remote'))).toContain('files');
});

/** A terminal for standard input and error, by util-linux. */
const hasTerminal = new Sandbox().run('script', ['--version'], '.').out.includes('util-linux');
const inTerminal = (answer: string, env = '') =>
  box.run(
    'sh',
    [
      '-c',
      `printf '${answer}' | script -qec "${env} ${process.execPath} ${join(import.meta.dirname, '..', '..', 'bin', 'varve.js')} pull" /dev/null`,
    ],
    'clone',
  );
const onTerminal = hasTerminal ? test : test.skip;
const why = hasTerminal ? '' : ' (skipped: no `script` of util-linux)';

onTerminal(`on a terminal, somebody is asked, and nothing but a yes is one${why}`, () => {
  strangeClone();
  for (const answer of ['\\n', 'n\\n', 'maybe\\n', '']) {
    const { code, out } = inTerminal(answer);
    expect(code, answer).toBe(2);
    expect(out).toContain('[y/N]');
    expect(out).toContain(box.path('remote'));
  }
  expect(inTerminal('y\\n', 'CI=true').out).not.toContain('[y/N]');
  expect(box.json(['trust', '--list'], 'clone')).toEqual({ consents: [] });
  expect(inTerminal('y\\n')).toMatchObject({ code: 0, out: expect.stringContaining('[y/N]') });
  expect(inTerminal('')).toMatchObject({ code: 0, out: expect.not.stringContaining('[y/N]') });
});

describeWithMinio('an endpoint that came through Git', (server) => {
  test('is used after consent, and only then', { timeout: 60_000 }, async () => {
    const bucket = await server.makeBucket();
    const { AWS_ENDPOINT_URL_S3: endpoint, ...keys } = server.env;
    Object.assign(box.env, keys);
    box.ok(['remote', 'add', 'origin', `s3://${bucket}/x`, '--endpoint', endpoint!]);
    box.ok(['add', 'data.csv']);
    box.commit('data');
    // Whoever typed it is not asked.
    box.ok(['push']);
    box.git(['clone', '-q', box.path('repo'), box.path('clone')], '.');
    const refused = box.varve(['pull'], 'clone');
    expect(refused.code).toBe(2);
    expect(refused.err).toContain(`endpoint  ${endpoint}  (.varve/config.yaml)`);
    obey(refused, 'clone');
    // Loopback is no place on the way to which somebody could read along.
    expect(box.varve(['pull'], 'clone')).toMatchObject({ code: 0, err: '' });
    box.write('clone/data.csv', 'id\n3\n');
    box.ok(['add', 'data.csv'], 'clone');
    box.ok(['push'], 'clone');
  });
});

test('plain http to another machine is warned of, once a command', () => {
  box.ok(['add', 'data.csv']);
  // An address for documentation, which leads nowhere: RFC 5737.
  box.ok(['remote', 'add', 'origin', 's3://bucket', '--endpoint', 'http://192.0.2.1:9']);
  Object.assign(box.env, { AWS_ACCESS_KEY_ID: 'k', AWS_SECRET_ACCESS_KEY: 's' });
  const { err } = box.run('timeout', [
    '-s',
    'INT',
    '3',
    process.execPath,
    join(import.meta.dirname, '..', '..', 'bin', 'varve.js'),
    'push',
  ]);
  expect(err.match(/not encrypted/g)).toHaveLength(1);
  expect(err).toContain('http://192.0.2.1:9');
});
