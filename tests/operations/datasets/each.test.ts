import { expect, test } from 'vitest';
import { withProblems } from '../../../src/cli/problems.ts';
import { VarveError } from '../../../src/errors.ts';
import { eachDataset } from '../../../src/operations/datasets/each.ts';

const datasets = ['a', 'b', 'c'].map((path) => ({ path }));

test('what is odd in one dataset is listed; what needs consent stops, so that somebody can be asked once for all', async () => {
  const odd = new VarveError('symlink-refused', 'a is a link', { path: 'a', remedy: 'Remove it.' });
  const { done, problems } = await eachDataset(datasets, ({ path }) => {
    if (path === 'a') throw odd;
    return path;
  });
  expect([done, problems.map(({ path }) => path)]).toEqual([['b', 'c'], ['a']]);
  const untrusted = new VarveError('settings-untrusted', 'asks for consent', { remedy: 'Agree.' });
  let asked = 0;
  await expect(
    eachDataset(datasets, ({ path }) => {
      if (path === 'a') return;
      asked += 1;
      throw untrusted;
    }),
  ).rejects.toBe(untrusted);
  expect(asked).toBe(1);
});

test('where nothing worked, the first error is thrown and tells of the others, each once', async () => {
  const odd = (code: 'disk-full' | 'file-expected', message: string) =>
    new VarveError(code, message, { remedy: `Do without ${code}.`, details: ['a fact'] });
  const first = odd('disk-full', 'No space is left');
  await expect(
    eachDataset(datasets, ({ path }) => {
      throw path === 'a' ? first : odd('file-expected', path === 'b' ? 'No space is left' : 'no file');
    }),
  ).rejects.toMatchObject({
    code: 'disk-full',
    message: 'No space is left',
    details: ['a fact', 'c: no file. Do without file-expected.'],
  });
  await expect(
    eachDataset(datasets, () => {
      throw first;
    }),
  ).rejects.toBe(first);
});

test('what is said of many datasets alike is said once', () => {
  const problem = { code: 'disk-full', message: 'No space is left', remedy: 'Free some.' } as const;
  const said: string[] = [];
  const io = { note: (...lines: string[]) => void said.push(lines.join('\n')) };
  const problems = datasets.map(({ path }) => ({ ...problem, path }));
  expect(withProblems(io, problems, { json: {}, text: '' }).exitCode).toBe(2);
  expect(said).toEqual(['varve: No space is left\n  Free some.']);
});
