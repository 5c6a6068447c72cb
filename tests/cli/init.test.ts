import { mkdirSync } from 'node:fs';
import { afterEach, beforeEach, test } from 'vitest';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
});
afterEach(() => box.remove());

test('outside of Git, and where varve was not started', () => {
  mkdirSync(box.path('plain'));
  refused(box, ['status'], 'repository-missing', box.path('plain'), 'plain');
  refused(box, ['init'], 'repository-missing', box.path('plain'), 'plain');
  mkdirSync(box.path('repo'));
  box.git(['init', '-q']);
  refused(box, ['status'], 'repository-uninitialised', box.path('repo'));
  refused(box, ['-C', 'nowhere', 'status'], 'path-missing', 'nowhere');
});
