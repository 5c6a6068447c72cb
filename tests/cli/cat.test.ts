import { rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox().repository();
});
afterEach(() => box.remove());

test('cat prints a file of any version, byte for byte', () => {
  box.write('repo/a.csv', 'id\n1\n');
  box.write('repo/tab/x.bin', Buffer.from([0, 255, 27, 10]));
  box.ok(['add', 'a.csv', 'tab']);
  box.commit('v1');
  box.write('repo/a.csv', 'id\n2\n');
  box.ok(['add', 'a.csv']);
  expect(box.ok(['cat', 'a.csv@HEAD'])).toBe('id\n1\n');
  expect(box.ok(['cat', 'a.csv'])).toBe('id\n2\n');
  rmSync(box.path('repo/tab'), { recursive: true });
  expect(box.json(['cat', 'a.csv@HEAD'])).toEqual({
    path: 'a.csv@HEAD',
    bytes: 5,
    encoding: 'utf-8',
    content: 'id\n1\n',
  });
  expect(box.json(['cat', 'tab/x.bin@HEAD'])).toMatchObject({
    bytes: 4,
    encoding: 'base64',
    content: 'AP8bCg==',
  });
  const varve = `"${process.execPath}" "${process.cwd()}/bin/varve.js"`;
  expect(box.run('sh', ['-c', `${varve} cat tab/x.bin | od -An -tx1`]).out.trim()).toBe('00 ff 1b 0a');
  refused(box, ['cat', 'tab@HEAD'], 'path-missing', 'tab');
  refused(box, ['cat', 'a.csv/x@HEAD'], 'dataset-missing', 'a.csv/x');
  refused(box, ['cat', 'nothing'], 'dataset-missing', 'nothing');
});

test('a reader that goes away is no trouble, and one that is slow gets everything', () => {
  box.write('repo/big.txt', 'line\n'.repeat(500_000));
  box.ok(['add', 'big.txt']);
  const varve = (rest: string) =>
    box.run('sh', [
      '-c',
      `"$0" "$1" cat big.txt | ${rest}`,
      process.execPath,
      `${process.cwd()}/bin/varve.js`,
    ]);
  expect(varve('head -n 1')).toMatchObject({ code: 0, out: 'line\n', err: '' });
  expect(varve('(sleep 0.2; wc -c)').out.trim()).toBe('2500000');
});

test('names with an @ are found as they are before they are versions', () => {
  box.write('repo/a@HEAD', 'whole');
  box.write('repo/a', 'other');
  box.write('repo/tab/x@2.csv', 'part');
  box.ok(['add', 'a@HEAD', 'a', 'tab']);
  box.commit('v1');
  box.git(['tag', '2.csv']);
  rmSync(box.path('repo/tab'), { recursive: true });
  rmSync(box.path('repo/a@HEAD'));
  expect(box.ok(['cat', 'a@HEAD'])).toBe('whole');
  expect(box.ok(['cat', 'a@HEAD@2.csv'])).toBe('whole');
  expect(box.ok(['cat', 'a@main@{0}'])).toBe('other');
  expect(box.ok(['cat', 'tab/x@2.csv@HEAD'])).toBe('part');
  expect(box.ok(['cat', 'tab/x@2.csv'])).toBe('part');
  refused(box, ['cat', 'tab/x@2.csv@nope'], 'revision-unknown', 'nope');
});
