import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { problemOfDataPath } from '../../../src/base/files/data-path.ts';

/** From Git's own tests: t0060 (is_ntfs_dotgit, is_hfs_dotgit) and t1014 (read-tree with confusing names). */
test.each([
  '.git',
  '.GIT',
  '.Git',
  '.git ',
  '.git...',
  '.git .. ',
  '.git::$INDEX_ALLOCATION',
  '.git:x',
  '.git .:x',
  'git~1',
  'GIT~1',
  'git~1.',
  'git~1 . :x',
  '.g\u200cit',
  '.\ufeffgit',
  '.gi\u206ft\u200f',
  '.G\u0130T',
  '.g\u0131t',
  '\uff0egit',
  '.\uff47\uff49\uff54',
  '.varve',
  '.VARVE::$DATA',
  'VARVE~1',
  'varve~12',
  '.var\u200dve.',
  '.dvc',
  '.DVC ',
  'DVC~1',
  '.',
  '..',
  '...',
  '. .',
  ' ',
  '.\u200c.',
  '\u2025',
  '..:x',
])('no step may be %j', (step) => {
  for (const path of [step, `${step}/x`, `x/${step}`, `x/${step}/`, `x/${step}/y`]) {
    expect(problemOfDataPath(path)).toBeDefined();
  }
});

test.each([
  '',
  '/',
  '/etc',
  '//server/share',
  'C:',
  'c:/x',
  'a//b',
  'a\\b',
  '..\\x',
  '\\\\server\\share',
  'a\0b',
  'a\nb',
  'a\x1bb',
  'a\x7f',
  '\ud800',
  'x'.repeat(256),
  'x/'.repeat(2100),
])('no path may be %j', (path) => {
  expect(problemOfDataPath(path)).toBeDefined();
});

test.each([
  '.gitignore',
  '.github/workflows/x.yml',
  '.gitx',
  '.git-x',
  'a.git',
  'x.varve',
  'git',
  'git~x',
  'gitt~1',
  '.varveignore',
  'data.dvc',
  '.d',
  ' a',
  'a ',
  '..a',
  '...a',
  '2024-01-01T00:00:00Z.csv',
  'x/c:/y',
  'é/日本.csv',
  'e\u0301',
  '\u202eabc',
  'empty/',
])('data may lie at %j', (path) => {
  expect(problemOfDataPath(path)).toBeUndefined();
});

describe('whatever a file system makes of a name', () => {
  const ignored = fc.constantFrom('', '', '\u200c', '\u200d', '\u202a', '\u206f', '\ufeff');
  const letters = (name: string) =>
    fc
      .tuple(...[...name].map((letter) => fc.tuple(fc.constantFrom(letter, letter.toUpperCase()), ignored)))
      .map((parts) => parts.flat().join(''));
  const tail = fc
    .tuple(fc.stringMatching(/^[. ]{0,4}$/), fc.constantFrom('', ':', ':x', '::$INDEX_ALLOCATION'))
    .map((parts) => parts.join(''));

  test('the folders of Git, varve and DVC are known again', () => {
    const name = fc.constantFrom('.git', '.varve', '.dvc', 'git~1', 'varve~1', 'dvc~1').chain(letters);
    fc.assert(
      fc.property(ignored, name, tail, fc.constantFrom('', 'a/', 'a/b/'), (first, step, end, above) => {
        expect(problemOfDataPath(`${above}${first}${step}${end}`)).toMatch(/`\.(git|varve|dvc)`/);
        expect(problemOfDataPath(`${above}${first}${step}${end}/hooks/x`)).toBeDefined();
      }),
    );
  });

  test('letters and digits are never in the way', () => {
    const step = fc.string({ unit: fc.constantFrom(...'abcxyzäß日0189_-+=@'), minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 5 }), (steps) => {
        expect(problemOfDataPath(steps.join('/'))).toBeUndefined();
      }),
    );
  });
});
