import { existsSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
});
afterEach(() => box.remove());

test('remotes that are not there, or not named', () => {
  box.repository();
  box.write('repo/f.txt', 'x');
  box.ok(['add', 'f.txt']);
  refused(box, ['push'], 'remote-unset', '');
  box.withRemote();
  expect(refused(box, ['push', '--remote', 'orign'], 'remote-unknown', 'orign')).toContain(
    'Did you mean origin?',
  );
  refused(box, ['remote', 'add', 'origin', '/elsewhere'], 'remote-exists', 'origin');
  refused(box, ['remote', 'add', 'x', 'ftp://host/x'], 'remote-scheme-unknown', 'ftp');
  refused(box, ['remote', 'add', 'x', 's3://key:secret@bucket/x'], 'remote-url-invalid', 's3://');
  expect(box.varve(['remote', 'add', 'x', 's3://key:secret@bucket/x']).err).not.toContain('secret');
  for (const bucket of ['mm', 'Upper', 'under_score', 'a..b', 'ends-', 'x'.repeat(64)])
    refused(box, ['remote', 'add', 'x', `s3://${bucket}/x`], 'remote-url-invalid', 's3://');
  refused(box, ['remote', 'add', '../x', '/elsewhere'], 'remote-name-invalid', '../x');
});

test('a broken connection string of Azure is named by its variable, and not shown', () => {
  box.repository();
  box.write('repo/f.txt', 'x');
  box.ok(['add', 'f.txt']);
  box.ok(['remote', 'add', 'az', 'azure://container/prefix']);
  const whole =
    'DefaultEndpointsProtocol=https;AccountName=acc;AccountKey=aHVzaA==;EndpointSuffix=core.windows.net';
  for (const broken of ['hush', 'AccountName=hush;AccountKey=hush', whole.replace('aHVzaA==', '%%')]) {
    box.env.AZURE_STORAGE_CONNECTION_STRING = broken;
    const said = refused(
      box,
      ['push', '--remote', 'az'],
      'credentials-invalid',
      'AZURE_STORAGE_CONNECTION_STRING',
    );
    expect(said).not.toContain('hush');
  }
});

test('a folder with other files is not named as a remote; a new, an empty one and a store are', () => {
  box.repository();
  box.write('home/thesis.tex', 'thesis');
  const before = readFileSync(box.path('repo/.varve/config.yaml'), 'utf8');
  const said = refused(box, ['remote', 'add', 'origin', '../home'], 'store-foreign', 'thesis.tex');
  expect(said).toContain('Name a new or an empty folder');
  expect(readFileSync(box.path('repo/.varve/config.yaml'), 'utf8')).toBe(before);
  box.ok(['remote', 'add', 'origin', '../home/varve']);
  box.write('repo/f.txt', 'x');
  box.ok(['add', 'f.txt']);
  box.ok(['push']);
  box.ok(['remote', 'add', 'same', '../home/varve']);
});

test('a remote is removed, from whichever file names it, and its name is free again', () => {
  box.repository();
  const fresh = readFileSync(box.path('repo/.varve/config.yaml'), 'utf8');
  box.ok(['remote', 'add', 'origin', '../a']);
  box.ok(['remote', 'remove', 'origin']);
  expect(readFileSync(box.path('repo/.varve/config.yaml'), 'utf8')).toBe(fresh);

  box.ok(['remote', 'add', 'origin', '../a', '--local']);
  box.ok(['remote', 'add', 'other', '../b']);
  box.ok(['remote', 'remove', 'origin']);
  expect(box.ok(['remote', 'list'])).toBe('  other  ../b\n');
  box.ok(['remote', 'add', 'origin', '../c']);
  refused(box, ['remote', 'remove', 'gone'], 'remote-unknown', 'gone');
});

test.each([
  ['ann@host:/srv/x', 'Write ssh://ann@host/srv/x.'],
  ['host:data/x/', 'Write ssh://host/~/data/x.'],
  ['ann@h:~/x', 'Write ssh://ann@h/~/x.'],
  ['ann:hush@host:/srv/x', 'Write it as ssh://user@host/folder'],
  ['s3:bucket/x', 's3://bucket/prefix'],
  ['file:/srv/x', 'file:///folder'],
])('%s is no folder, and is refused with what to write', (address, remedy) => {
  box.repository();
  const err = refused(box, ['remote', 'add', 'x', address], 'remote-url-invalid', address.split('@').pop()!);
  expect(err).toContain(remedy);
  expect(err).not.toContain('hush');
  expect(refused(box, ['add', address, '--to', 'there'], 'remote-url-invalid', '')).toContain(remedy);
  box.write('repo/.varve/config.yaml', `version: 1\nremotes:\n  x: { url: ${JSON.stringify(address)} }\n`);
  refused(box, ['verify', '--remote', 'x'], 'remote-url-invalid', '');
});

test('a folder whose name has a colon is a path with ./ before it, and a drive of Windows is one', () => {
  box.repository();
  for (const [name, url] of Object.entries({ colon: './ab:c', deeper: 'in/ab:c', drive: 'c:/data' }))
    box.ok(['remote', 'add', name, url]);
  box.write('repo/a.csv', 'n\n1\n');
  box.ok(['add', 'a.csv']);
  box.ok(['push', '--remote', 'colon']);
  expect(existsSync(box.path('repo/ab:c/index'))).toBe(true);
});

test.each([
  ['ssh://ann@127.0.0.1:9/srv/x', 'the URL, or what ~/.ssh/config says of its host,'],
  ['http://127.0.0.1:9/x', 'the URL'],
  ['webhdfs://ann@127.0.0.1:9/x', 'the URL'],
])('where nothing answers at %s, what names it is told', (url, named) => {
  box.repository();
  box.write('.ssh/known_hosts', '');
  box.run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', box.path('.ssh/id_ed25519')], '.');
  box.ok(['remote', 'add', 'away', url]);
  const err = refused(box, ['verify', '--remote', 'away'], 'endpoint-unreachable', '');
  expect(err).toContain(`that ${named} names it`);
  expect(err).not.toContain('endpoint');
});

test.each([
  ['s3a://lake/d 1', 's3://lake/d 1'],
  ['s3n://lake/x', 's3://lake/x'],
  ['gcs://lake/x', 'gs://lake/x'],
  ['az://lake/x', 'azure://lake/x'],
  ['abfss://lake@account.dfs.core.windows.net/x', 'azure://lake/x'],
  ['wasb://lake@account.blob.core.windows.net', 'azure://lake'],
  ['hdfs://name:8020/x/y', 'webhdfs://name:9870/x/y'],
])('%s, as other tools have it, is refused with how it is written here', (url, here) => {
  box.repository();
  expect(refused(box, ['remote', 'add', 'x', url], 'remote-scheme-unknown', '')).toContain(
    `Write it as ${here}.`,
  );
  for (const words of [[], ['--to', 'there']])
    expect(refused(box, ['add', url, ...words], 'usage', '')).toContain(`Write it as ${here}.`);
});
