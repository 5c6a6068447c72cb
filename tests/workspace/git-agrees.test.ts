import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { problemOfDataPath } from '../../src/base/files/data-path.ts';
import { withIgnored, withoutIgnored } from '../../src/workspace/git/gitignore.ts';
import { repositoryAt } from '../../src/workspace/repository.ts';
import { scanDataset } from '../../src/workspace/tree/scan.ts';
import { type RecordedFile, readStatCache, writeStatCache } from '../../src/workspace/tree/stat-cache.ts';

let root: string;
beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'varve-workspace-')));
  spawnSync('git', ['init', '-q'], { cwd: root });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const special = fc.constantFrom(
  'a',
  'b',
  ' ',
  '*',
  '?',
  '[',
  ']',
  '!',
  '#',
  '.',
  '-',
  '~',
  '"',
  "'",
  '$',
  'ü',
  '\u{1F600}',
);
const name = fc
  .string({ unit: special, minLength: 1, maxLength: 8 })
  .filter((text) => text !== '.' && text !== '..' && text !== '.git');

function ignoredByGit(paths: readonly string[]): Set<string> {
  const args = ['check-ignore', '--no-index', '-z', '--stdin'];
  const { stdout } = spawnSync('git', args, { cwd: root, input: `${paths.join('\0')}\0`, encoding: 'utf8' });
  return new Set(stdout.split('\0').filter((path) => path !== ''));
}

test('the line for a name makes Git ignore that name, here, and nothing else', () => {
  fc.assert(
    fc.property(
      name,
      name,
      fc.constantFrom('', '# mine\n', 'old', '!*\n', 'a\r\n'),
      (chosen, other, before) => {
        const text = withIgnored(before, chosen);
        expect(text.startsWith(before)).toBe(true);
        expect(withIgnored(text, chosen)).toBe(text);
        const line = withIgnored('', chosen).trimEnd();
        const rest = withoutIgnored(text, chosen);
        expect(rest.split('\n')).not.toContain(line);
        expect(rest).toBe(before === '' || before.endsWith('\n') ? before : `${before}\n`);
        writeFileSync(join(root, '.gitignore'), withIgnored('', chosen));
        const ignored = ignoredByGit([chosen, other, `${chosen}.varve`, `below/${chosen}`]);
        expect([...ignored]).toEqual(
          other === chosen ? [chosen, other].filter((_, index) => index < ignored.size) : [chosen],
        );
        writeFileSync(join(root, '.gitignore'), text);
        expect(ignoredByGit([chosen])).toContain(chosen);
      },
    ),
    { numRuns: 60 },
  );
});

test('the lines for a folder with files of Git make Git ignore all within but those files', () => {
  const kept = ['load.py', 'a b/[1].md'];
  const before = withIgnored(withIgnored('# mine\n!x\n', 'other', ['y']), 'd');
  const text = withIgnored(before, 'd', kept);
  expect([withIgnored(text, 'd', kept), withIgnored(text, 'other', ['y'])]).toEqual([text, text]);
  expect(withIgnored(withIgnored(text, 'e'), 'd', kept)).toBe(withIgnored(text, 'e'));
  expect(withoutIgnored(text, 'd')).toBe(withoutIgnored(before, 'd'));
  expect(withIgnored(text, 'd')).toBe(before);
  writeFileSync(join(root, '.gitignore'), text);
  const within = ['d/1.csv', 'd/sub/load.py', 'd/a b/2', 'd/a b/deep/[1].md', 'd/.hidden'];
  expect(ignoredByGit([...within, ...kept.map((path) => `d/${path}`), 'e/d/1.csv'])).toEqual(new Set(within));
});

test('a scan is sorted by the bytes of paths, whatever the names', () => {
  const paths = fc.uniqueArray(
    fc
      .array(name, { minLength: 1, maxLength: 3 })
      .map((parts) => parts.join('/'))
      .filter((path) => problemOfDataPath(path) === undefined),
    { maxLength: 20 },
  );
  fc.assert(
    fc.property(paths, (all) => {
      const dataset = join(root, 'scan');
      rmSync(dataset, { recursive: true, force: true });
      mkdirSync(dataset);
      const written = all.filter(
        (path) =>
          !all.some(
            (other) => other !== path && (other.startsWith(`${path}/`) || path.startsWith(`${other}/`)),
          ),
      );
      for (const path of written) {
        mkdirSync(dirname(join(dataset, path)), { recursive: true });
        writeFileSync(join(dataset, path), '');
      }
      const expected = written
        .map((path) => Buffer.from(path))
        .sort(Buffer.compare)
        .map(String);
      expect([...scanDataset(root, 'scan')].map(({ path }) => path)).toEqual(expected);
    }),
    { numRuns: 40 },
  );
});

test('a scan meets a link where it lies, and not behind it', () => {
  mkdirSync(join(root, 'links'));
  symlinkSync('/etc', join(root, 'links', 'etc'));
  expect(() => [...scanDataset(root, 'links')]).toThrow(
    expect.objectContaining({ code: 'symlink-refused', path: 'links/etc' }),
  );
});

test('a record is believed only where a file could not have changed unseen', () => {
  const repository = repositoryAt(root);
  const digest = `sha256:${'1'.repeat(64)}` as const;
  writeFileSync(join(root, 'file'), 'x');
  utimesSync(join(root, 'file'), new Date(1e12), new Date(1e12));
  const files = (): RecordedFile[] => [...scanDataset(root, 'file')].map((file) => ({ file, digest }));
  const [known] = files();
  const record = (readAtMs: number) => {
    writeStatCache(repository, 'file', { digest }, files(), readAtMs);
    return readStatCache(repository, 'file')!;
  };
  expect(record(known!.file.changedMs + 60_000).matches(0, known!.file)).toBe(true);
  expect(record(known!.file.changedMs + 1).matches(0, known!.file)).toBe(false);
  const good = record(known!.file.changedMs + 60_000);
  expect([good.digest(0), good.snapshot, good.paths]).toEqual([digest, digest, ['']]);
  for (const change of [
    { size: 2 },
    { modifiedMs: 1 },
    { changedMs: 1 },
    { inode: 1 },
    { executable: true },
  ]) {
    expect(good.matches(0, { ...known!.file, ...change })).toBe(false);
  }
});

test('a damaged record is no record', () => {
  const repository = repositoryAt(root);
  const digest = `sha256:${'1'.repeat(64)}` as const;
  writeFileSync(join(root, 'file'), 'x');
  const files = [...scanDataset(root, 'file')].map((file) => ({ file, digest }));
  writeStatCache(repository, 'file', { digest }, files, Date.now() + 60_000);
  const path = join(root, '.varve', 'stat', 'file');
  const whole = spawnSync('cat', [path]).stdout;
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= flip;
      writeFileSync(path, damaged);
      expect(readStatCache(repository, 'file')).toBeUndefined();
    }),
  );
});
