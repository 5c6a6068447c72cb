import { afterEach, beforeEach, expect, test } from 'vitest';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
});
afterEach(() => box.remove());

test('paths and revisions that name nothing', () => {
  box.repository();
  box.write('repo/data/flights.csv', 'a\n1\n');
  box.ok(['add', 'data/flights.csv']);
  box.commit('v1');
  expect(refused(box, ['checkout', 'data/flihgts.csv'], 'dataset-missing', 'data/flihgts.csv')).toContain(
    'Did you mean data/flights.csv?',
  );
  refused(box, ['log', 'data/other.csv'], 'dataset-missing', 'data/other.csv');
  refused(box, ['diff', 'no-such-branch'], 'dataset-missing', 'no-such-branch');
  refused(box, ['log', 'data/flights.csv', '--revision', 'nope'], 'revision-unknown', 'nope');
});
