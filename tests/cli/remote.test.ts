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
  refused(box, ['push'], 'no-remote', '');
  box.withRemote();
  expect(refused(box, ['push', '--remote', 'orign'], 'unknown-remote', 'orign')).toContain(
    'Did you mean origin?',
  );
  refused(box, ['remote', 'add', 'origin', '/elsewhere'], 'remote-exists', 'origin');
  refused(box, ['remote', 'add', 'x', 'ftp://host/x'], 'unknown-remote-scheme', 'ftp');
  refused(box, ['remote', 'add', 'x', 's3://key:secret@bucket/x'], 'invalid-remote-url', 's3://');
  expect(box.varve(['remote', 'add', 'x', 's3://key:secret@bucket/x']).err).not.toContain('secret');
  refused(box, ['remote', 'add', '../x', '/elsewhere'], 'invalid-remote-name', '../x');
});
