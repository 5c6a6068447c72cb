import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';

const box = new Sandbox();
afterAll(() => box.remove());

test('version tells what runs, anywhere', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect(box.json(['version'], '.')).toMatchObject({ varve: version, node: process.versions.node });
  expect(box.ok(['version'], '.')).toMatch(new RegExp(`^varve ${version}, Node `));
  expect(box.ok(['--version'], '.')).toBe(`${version}\n`);
});
