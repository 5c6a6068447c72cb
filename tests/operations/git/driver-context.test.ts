import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { driverContext } from '../../../src/operations/git/driver-context.ts';
import { gitPrePush } from '../../../src/operations/git/pre-push-hook.ts';
import { init } from '../../../src/operations/init.ts';
import { Sandbox } from '../../support/dvc-sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
  mkdirSync(box.path('repo'));
  box.git('repo', 'init', '-q');
});
afterEach(() => box.remove());

test('the hook stands on varve’s own files, and stops no push of a branch that is DVC’s', async () => {
  box.write('repo/.dvc/config', '');
  box.write(
    'repo/data.dvc',
    'outs:\n- md5: d41d8cd98f00b204e9800998ecf8427e\n  size: 0\n  hash: md5\n  path: data\n',
  );
  box.commit('repo', 'one');
  const context = driverContext(box.path('repo'));
  expect(context.repository.stateFolder).toBe(join(box.path('repo'), '.varve'));
  const head = box.git('repo', 'rev-parse', 'HEAD').trim();
  const line = `refs/heads/main ${head} refs/heads/main ${'0'.repeat(40)}\n`;
  expect(await gitPrePush(context, 'origin', line)).toBeUndefined();
});

test('without either, it says so', () => {
  expect(() => driverContext(box.path('repo'))).toThrow('varve was not started');
  init(box.path('repo'));
  expect(driverContext(box.path('repo')).repository.root).toBe(box.path('repo'));
});
