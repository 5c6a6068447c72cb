import { expect, test } from 'vitest';
import { profileFiles } from '../../src/profile/dataset/profile-files.ts';
import { encodeProfile } from '../../src/profile/format/encode.ts';
import { processReader } from '../../src/profile/reading/process-reader.ts';
import { dictionaryPage, parquetFile, plainTexts, runPage } from '../support/thrift-parquet.ts';
import { dataFiles } from './profiling.ts';

/** Asks for all at once, as `varve add` does for many datasets. */
function profileAll(content: Record<string, string | Uint8Array>, signal?: AbortSignal) {
  const files = dataFiles(content);
  const found = files.map((file) =>
    processReader.profileFiles([file], signal === undefined ? {} : { signal }),
  );
  return { files, found };
}

const tables = Object.fromEntries(
  Array.from({ length: 150 }, (_, index) => [
    `t${String(index).padStart(3, '0')}.${index % 3 === 0 ? 'jsonl' : 'csv'}`,
    index % 3 === 0
      ? `{"only${index}": ${index}}\n{"b": "x"}\n`
      : `id,c${index}\n${index},a\n${index + 1},2024-01-0${1 + (index % 9)}\n`,
  ]),
);

test('small tables that are asked for together have the profiles that they have alone', async () => {
  const { files, found } = profileAll(tables);
  const together = (await Promise.all(found)).map((profile) => encodeProfile(profile));
  for (const [index, file] of files.entries())
    expect(together[index], file.path).toEqual(encodeProfile(await profileFiles([file], {})));
});

test('one that cannot be read is told of by its name, and the others are read', async () => {
  const { files, found } = profileAll({
    'a.csv': 'x\n1\n',
    'b.jsonl': '{"a": 1}\n{"a": \n',
    'c.parquet': 'no Parquet at all',
    'd.csv': 'y\n2\n',
  });
  const settled = await Promise.allSettled(found);
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
  for (const [index, result] of settled.entries())
    if (result.status === 'rejected')
      expect(result.reason).toMatchObject({ code: 'table-unreadable', path: files[index]!.path });
});

test('one that takes all memory is read alone, and only that one is told of', async () => {
  // A dictionary that says it holds texts by the hundred million.
  const greedy = parquetFile([dictionaryPage(plainTexts('x'), 400_000_000), runPage(2000)], 2000);
  const { found } = profileAll({ 'a.csv': 'x\n1\n', 'b.parquet': greedy, 'c.csv': 'y\n2\n' });
  const [a, b, c] = await Promise.allSettled(found);
  expect([a!.status, c!.status]).toEqual(['fulfilled', 'fulfilled']);
  expect(b).toMatchObject({ status: 'rejected', reason: { path: 'b.parquet' } });
});

test('an abort ends all that wait', async () => {
  const controller = new AbortController();
  const { found } = profileAll(tables, controller.signal);
  controller.abort(new Error('enough'));
  for (const result of await Promise.allSettled(found))
    expect(result).toMatchObject({ status: 'rejected', reason: { message: 'enough' } });
});
