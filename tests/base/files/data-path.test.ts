import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { problemOfDataPath, reservedName } from '../../../src/base/files/data-path.ts';

describe('a path of data', () => {
  it.each([
    'a',
    'a/b.csv',
    'folder/',
    '.hidden/x',
    'a.git',
    '.github/workflows/x.yml',
    '.gitignore.csv',
    'git',
    'dvc/x',
    '.dvcignore.txt',
    'varve~/x',
    'git~x',
    'C:x/y',
    '2020-01-01T00:00:00.csv',
    '한국어/데이터.csv',
    'x'.repeat(255),
  ])('may be %j', (path) => expect(problemOfDataPath(path)).toBeUndefined());

  const dots = ['git', 'varve', 'dvc'].flatMap((name) => [
    `.${name}`,
    `.${name.toUpperCase()}`,
    `.${name[0]!.toUpperCase()}${name.slice(1)}`,
    `.${name}.`,
    `.${name} . .`,
    `.${name}:stream`,
    `.${name}::$INDEX_ALLOCATION`,
    `${name}~1`,
    `${name.toUpperCase()}~1`,
    `${name}~12 `,
    `.${name[0]}\u200c${name.slice(1)}`,
    `\u200e.${name}`,
    `\ufeff.${name}\u206f`,
  ]);
  it.each(dots)('may not pass through %j', (name) => {
    for (const path of [name, `${name}/hooks/post-checkout`, `a/${name}`, `a/${name}/b`, `${name}/`]) {
      expect(problemOfDataPath(path), path).toBeDefined();
    }
    expect(reservedName(name)).toMatch(/^\.(git|varve|dvc)$/);
  });

  it.each([
    '',
    '/',
    '/etc/passwd',
    '//server/share',
    'a//b',
    '.',
    '..',
    'a/..',
    '../a',
    './a',
    'a/./b',
    'C:/Windows',
    'c:',
    'a\\b',
    '\\\\server\\share',
    'a\0b',
    'a\nb',
    'a\x1bb',
    'a\x7fb',
    '\ud800',
    'x'.repeat(256),
    'é'.repeat(128),
    'a/'.repeat(3000),
  ])('may not be %j', (path) => expect(problemOfDataPath(path)).toBeDefined());

  it('stays below its folder on every system, whatever the text', () => {
    const step = fc.oneof(
      fc.constantFrom('..', '.', '.git', '.GIT', 'git~1', '.git ', 'C:', '', '\\', '\0', 'a'),
      fc.string({ unit: 'binary', maxLength: 8 }),
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 5 }), (steps) => {
        const path = steps.join('/');
        if (problemOfDataPath(path) !== undefined) return;
        const folded = path.toLowerCase().split('/');
        expect(path.startsWith('/')).toBe(false);
        for (const each of folded) {
          expect(each === '..' || each === '.').toBe(false);
          expect(each.replace(/[ .]+$/, '')).not.toMatch(/^\.(git|varve|dvc)$/);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
