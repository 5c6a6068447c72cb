import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { describeWithMinio } from '../support/minio.ts';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
});
afterEach(() => box.remove());

describeWithMinio('an S3 server', (server) => {
  test('with wrong credentials, and without the bucket', () => {
    box.repository();
    Object.assign(box.env, server.env);
    box.write('repo/f.txt', 'x');
    box.ok(['add', 'f.txt']);
    box.ok(['remote', 'add', 'origin', 's3://no-such-bucket-here/x', '--endpoint', server.endpoint]);
    refused(box, ['push'], 'bucket-missing', 'no-such-bucket-here');
    box.env.AWS_SECRET_ACCESS_KEY = 'wrong-wrong-wrong';
    const said = refused(box, ['push'], 'credentials-refused', 'no-such-bucket-here');
    expect(said).not.toContain('wrong-wrong-wrong');
  });
});

test('before the first commit, what lies here is pushed', () => {
  const fresh = new Sandbox();
  try {
    fresh.repository();
    fresh.write('repo/a.csv', 'a\n1\n');
    fresh.ok(['add', 'a.csv']);
    fresh.ok(['remote', 'add', 'origin', '../remote']);
    expect(fresh.ok(['push'])).toContain('1 snapshot');
    expect(fresh.ok(['status', '--remote'])).toContain('has all of 1 version');
  } finally {
    fresh.remove();
  }
});

test('a remote whose folder vanished is not made anew beneath what is to be mounted there', () => {
  box.repository();
  box.write('repo/a.csv', 'a\n1\n');
  box.ok(['add', 'a.csv']);
  box.ok(['remote', 'add', 'origin', '../remote']);
  box.ok(['push']);
  renameSync(box.path('remote'), box.path('away'));
  box.write('repo/a.csv', 'a\n2\n');
  box.ok(['add', 'a.csv']);
  refused(box, ['push'], 'remote-missing', box.path('remote'));
  expect(existsSync(box.path('remote'))).toBe(false);
  mkdirSync(box.path('remote'));
  box.ok(['push', '--all-commits']);
  expect(box.ok(['status', '--remote'])).toContain('has all of 1 version');
});
