import { readFileSync } from 'node:fs';
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

test('a folder of another machine in the words of scp makes no folder here', () => {
  box.repository();
  for (const url of ['ann@host:/srv/x', 'ann@host:x', 'nas:/srv/x'])
    refused(box, ['remote', 'add', 'far', url], 'remote-url-invalid', url);
  expect(box.varve(['remote', 'add', 'far', 'ann@host:/srv/x']).err).toContain('ssh://ann@host/srv/x');
  box.ok(['remote', 'add', 'near', './ann@host:x']);
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
      'credentials-missing',
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
