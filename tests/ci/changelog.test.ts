import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { root } from '../docs/pages.ts';

const work = mkdtempSync(join(tmpdir(), 'varve-changelog-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

function changelog(folder: string, ...words: string[]): { status: number | null; out: string; err: string } {
  const script = join(root, 'scripts', 'changelog.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...words], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status, out: stdout, err: stderr };
}

const PAGE = `# Changelog

## Unreleased

### Added

- Something old.

## 0.1.0 (2026-01-01)

### Fixed

- The first fault.
`;

function repository(entries: Readonly<Record<string, string>>, page = PAGE): string {
  const folder = mkdtempSync(join(work, 'repository-'));
  mkdirSync(join(folder, 'changelog', 'unreleased'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"version":"0.2.0"}');
  writeFileSync(join(folder, 'CHANGELOG.md'), page);
  for (const [name, text] of Object.entries(entries))
    writeFileSync(join(folder, 'changelog', 'unreleased', name), text);
  return folder;
}

test('a release moves every entry under its kind, and leaves older versions as they are', () => {
  const folder = repository({
    'a.md': 'Fixed: A fault,\non two lines.\n',
    'b.md': 'Added: Something new.\n',
    '.gitkeep': '',
  });
  expect(changelog(folder, 'release')).toEqual({ status: 0, out: '', err: '' });
  const page = readFileSync(join(folder, 'CHANGELOG.md'), 'utf8');
  const today = new Date().toISOString().slice(0, 10);
  expect(page).toBe(
    PAGE.replace('## Unreleased\n', `## Unreleased\n\n## 0.2.0 (${today})\n`).replace(
      '- Something old.\n',
      '- Something old.\n- Something new.\n\n### Fixed\n\n- A fault,\n  on two lines.\n',
    ),
  );
  expect(existsSync(join(folder, 'changelog', 'unreleased', 'a.md'))).toBe(false);
  expect(existsSync(join(folder, 'changelog', 'unreleased', '.gitkeep'))).toBe(true);
  expect(changelog(folder, 'notes', '0.2.0').out).toBe(
    '### Added\n\n- Something old.\n- Something new.\n\n### Fixed\n\n- A fault,\n  on two lines.\n',
  );
  expect(changelog(folder, 'notes', '0.1.0').out).toBe('### Fixed\n\n- The first fault.\n');
});

test.each([
  ['a kind that is none', { 'a.md': 'Improved: Everything.' }],
  ['no kind', { 'a.md': 'Everything is better.' }],
  ['no words', { 'a.md': 'Fixed: ' }],
  ['a sentence without its end', { 'a.md': 'Fixed: A fault' }],
  ['another kind of file', { 'a.txt': 'Fixed: A fault.' }],
])('an entry with %s is named, and nothing is written', (_, entries) => {
  const folder = repository(entries);
  const [name] = Object.keys(entries);
  for (const verb of ['check', 'release']) {
    const { status, err } = changelog(folder, verb);
    expect(status).toBe(1);
    expect(err).toContain(name);
  }
  expect(readFileSync(join(folder, 'CHANGELOG.md'), 'utf8')).toBe(PAGE);
});

test('a release without changes and notes of no version are refused', () => {
  const empty = PAGE.replace('### Added\n\n- Something old.\n\n', '');
  expect(changelog(repository({}, empty), 'release').err).toContain('nothing is written down for 0.2.0');
  expect(changelog(repository({}), 'notes', '9.9.9').err).toContain('9.9.9');
});

test('the entries of this repository are entries, and its page can be released', () => {
  expect(changelog(root, 'check')).toEqual({ status: 0, out: '', err: '' });
  const page = readFileSync(join(root, 'CHANGELOG.md'), 'utf8');
  expect(changelog(repository({}, page), 'release')).toEqual({ status: 0, out: '', err: '' });
});
