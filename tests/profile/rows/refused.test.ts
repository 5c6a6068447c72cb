import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readDirectoryTables } from '../../../src/profile/dataset/profile-directory.ts';
import type { DataFile } from '../../../src/profile/dataset/profile-files.ts';
import type { TableRows } from '../../../src/profile/dataset/table-rows.ts';
import { directReader } from '../../../src/profile/reading/direct-reader.ts';
import { askTables } from '../../../src/profile/rows/ask-tables.ts';
import { mergeAnswers } from '../../../src/profile/rows/merge-answers.ts';
import type { RepeatedKeys } from '../../../src/profile/rows/repeated-keys.ts';
import {
  askRecorded,
  BIG,
  BIG_ASKED,
  parquetFiles,
  type Recordings,
  resealed,
  UNIT_BYTES,
} from './asking.ts';

interface Answer {
  readonly examples: readonly (readonly [row: number, value: string])[];
  readonly keys?: number;
  readonly sum?: string;
}

interface Unit {
  readonly index: number;
  readonly answers: readonly Answer[];
}

const ROOT = mkdtempSync(join(tmpdir(), 'varve-test-'));
afterAll(() => rmSync(ROOT, { recursive: true, force: true }));

describe('parts that do not fit together are refused', () => {
  const recordings: Recordings = new Map();
  let files: DataFile[] = [];
  let found: readonly TableRows[] = [];
  beforeAll(async () => {
    files = await parquetFiles(ROOT, BIG);
    ({ tables: found } = await readDirectoryTables(files, directReader, { unitBytes: UNIT_BYTES }));
  });
  const asked = (
    change: (parts: string[]) => string[],
    options: Partial<Parameters<typeof askTables>[2]> = {},
    seal = resealed,
  ) =>
    askTables(
      found,
      new Map([['', BIG_ASKED]]),
      { timeLimit: 60, ...options },
      askRecorded(recordings, files, (parts, plan) => seal(change(parts), plan)),
    );
  const edited = (line: RegExp, edit: (found: Record<string, unknown>) => unknown) => (parts: string[]) => {
    let isDone = false;
    return parts.map((part) =>
      part
        .split('\n')
        .flatMap((text) => {
          if (isDone || !line.test(text)) return [text];
          isDone = true;
          const now = edit(JSON.parse(text));
          return (Array.isArray(now) ? now : [now]).map((each) =>
            typeof each === 'string' ? each : JSON.stringify(each),
          );
        })
        .join('\n'),
    );
  };
  const each =
    <Line>(line: RegExp, edit: (found: Line) => unknown) =>
    (parts: readonly string[]) =>
      parts.map((part) =>
        part.replaceAll(/.+/g, (text) => (line.test(text) ? JSON.stringify(edit(JSON.parse(text))) : text)),
      );
  const units = (edit: (unit: Unit) => unknown) => each<Unit>(UNIT, edit);
  const answers = (edit: (answer: Answer) => unknown) =>
    units((unit) => ({
      ...unit,
      answers: unit.answers.map((answer) => ('examples' in answer ? edit(answer) : answer)),
    }));
  const ranges = (edit: (range: RepeatedKeys) => { readonly question: number }) =>
    each<{ readonly repeated: readonly RepeatedKeys[] }>(RANGE, ({ repeated, ...found }) => ({
      repeated: repeated.map(edit).sort((a, b) => a.question - b.question),
      ...found,
    }));
  const UNIT = /^\{"path"/;
  const HEAD = /^\{"varveRowsPart"/;
  const RANGE = /^\{"repeated"/;
  const fewer = (parts: string[]) =>
    edited(HEAD, (head) => ({ ...head, units: (head.units as number) - 1 }))(parts);
  const more = (parts: string[]) =>
    edited(HEAD, (head) => ({ ...head, units: (head.units as number) + 1 }))(parts);

  test.each<[string, string, (parts: string[]) => string[]]>([
    ['a part that came twice', 'part-repeated', ([first, ...others]) => [first!, first!, ...others]],
    ['a unit that was cut away', 'part-damaged', edited(UNIT, () => [])],
    ['a unit that is missing', 'part-missing', (parts) => fewer(edited(UNIT, () => [])(parts))],
    ['a unit that came twice', 'part-repeated', (parts) => more(edited(UNIT, (unit) => [unit, unit])(parts))],
    ['a range that came twice', 'part-repeated', edited(RANGE, (range) => [range, range])],
    ['a range that is missing', 'part-missing', edited(RANGE, () => [])],
    ['other files', 'parts-differ', edited(HEAD, (head) => ({ ...head, files: 'others' }))],
    ['another number of parts', 'parts-differ', edited(HEAD, (head) => ({ ...head, of: 4 }))],
    [
      'a file of no table',
      'parts-differ',
      (parts) => more(edited(UNIT, (unit) => [unit, { ...unit, path: 'x.parquet', index: 999 }])(parts)),
    ],
    [
      'two units of one number',
      'part-damaged',
      edited(UNIT, (unit) => ({ ...unit, index: 1 + ((unit.index as number) || 0) })),
    ],
    [
      'answers to less',
      'part-damaged',
      edited(UNIT, (unit) => ({ ...unit, answers: (unit.answers as unknown[]).slice(1) })),
    ],
    [
      'answers of another kind',
      'part-damaged',
      edited(UNIT, (unit) => ({
        ...unit,
        answers: (unit.answers as unknown[]).map(() => ({ rows: 'all' })),
      })),
    ],
    [
      'more at fault than there are',
      'part-damaged',
      edited(UNIT, (unit) => ({
        ...unit,
        answers: (unit.answers as unknown[]).map(() => ({ rows: 1, failing: 2, examples: [] })),
      })),
    ],
    [
      'an error that no unit says',
      'part-damaged',
      edited(UNIT, (unit) => ({
        ...unit,
        answers: (unit.answers as unknown[]).map(() => ({
          error: { code: 'defect', message: '', remedy: '' },
        })),
      })),
    ],
    ['a shape that nobody told', 'part-damaged', edited(UNIT, (unit) => ({ ...unit, shape: 99 }))],
    ['columns that are none', 'part-damaged', edited(/^\{"columns"/, () => ({ columns: [{ name: 1 }] }))],
    [
      'a type that is none',
      'part-damaged',
      edited(/^\{"columns"/, () => ({ columns: [{ name: 'x', type: 'INTEGER) AS y; SELECT (1' }] })),
    ],
    ['what is not JSON', 'part-damaged', edited(UNIT, () => '{"path"')],
    [
      'a key that is none',
      'part-damaged',
      edited(RANGE, ({ repeated, asked: digest }) => ({
        repeated: (repeated as { first: unknown[] }[]).map((each) => ({
          ...each,
          first: each.first.map(() => [0, "' OR 1"]),
        })),
        asked: digest,
      })),
    ],
    [
      'ranges of one question for those of another',
      'part-damaged',
      ranges((each) => ({
        ...each,
        question: each.question === 3 ? 4 : each.question === 4 ? 3 : each.question,
      })),
    ],
    ['a range that shows no row', 'part-damaged', ranges((each) => ({ ...each, first: [] }))],
    [
      'one row that repeats another, alone',
      'part-damaged',
      ranges((each) => (each.failing === 0 ? each : { ...each, failing: 1, first: each.first.slice(0, 1) })),
    ],
    ['a range of other keys', 'part-damaged', ranges((each) => ({ ...each, sum: '0'.repeat(32) }))],
    [
      'keys that are not of their range',
      'part-damaged',
      ranges((each) => ({
        ...each,
        first: each.first.map(([unit]) => [unit, (each.lowest === 0 ? 'f' : '0').repeat(32)]),
      })),
    ],
    [
      'keys of no unit',
      'part-damaged',
      ranges((each) => ({ ...each, first: each.first.map(([, key]) => [99, key]) })),
    ],
    [
      'fewer rows than there are',
      'part-damaged',
      answers((each) => ({ ...each, rows: 0, failing: 0, examples: [] })),
    ],
    ['no keys', 'part-damaged', answers(({ keys: _, sum: __, ...each }) => each)],
    [
      'no keys and no ranges',
      'part-damaged',
      (parts) =>
        answers(({ keys: _, ...each }) => each)(parts).map((part) =>
          part.replaceAll(/\{"repeated".*\n/g, ''),
        ),
    ],
    [
      'keys that nobody asked for',
      'part-damaged',
      answers((each) => ({ ...each, keys: 0, sum: '0'.repeat(32) })),
    ],
    ['rows that cannot be compared, where none are', 'part-damaged', answers(() => ({ incomparable: true }))],
    [
      'examples in another order',
      'part-damaged',
      answers((each) => ({ ...each, examples: [...each.examples].reverse() })),
    ],
    [
      'an example before the first row',
      'part-damaged',
      answers((each) => ({ ...each, examples: each.examples.map(([, value], at) => [at, value]) })),
    ],
    [
      'an example behind the last row',
      'part-damaged',
      answers((each) => ({
        ...each,
        examples: each.examples.map(([, value], at) => [9_000_000 + at, value]),
      })),
    ],
    [
      'the same example again',
      'part-damaged',
      answers((each) => ({ ...each, examples: each.examples.map(() => each.examples[0]) })),
    ],
    [
      'fewer examples than there are',
      'part-damaged',
      answers((each) => ({ ...each, examples: each.examples.slice(1) })),
    ],
    [
      'an example that is longer than any',
      'part-damaged',
      answers((each) => ({ ...each, examples: each.examples.map(([row]) => [row, 'x'.repeat(9999)]) })),
    ],
    ['examples where no row is at fault', 'part-damaged', answers((each) => ({ ...each, failing: 0 }))],
    ['units in another order', 'part-damaged', units((unit) => ({ ...unit, index: 9 - unit.index }))],
    [
      'two columns of one name',
      'part-damaged',
      edited(/^\{"columns"/, ({ columns }) => ({
        columns: [...(columns as object[]), ...(columns as object[])],
      })),
    ],
  ])('%s', async (_, code, change) => {
    await expect(asked(change)).rejects.toMatchObject({ code });
  });

  test('and whatever was changed by someone who does not know the secret', async () => {
    const unsealed = (parts: readonly string[]) => [...parts];
    await asked((parts) => parts, {}, unsealed);
    for (const line of [UNIT, RANGE, HEAD])
      await expect(
        asked(
          edited(line, (found) => ({ ...found, more: true })),
          {},
          unsealed,
        ),
      ).rejects.toMatchObject({ code: 'part-damaged' });
    const text = recordings.values().next().value!.parts.join('');
    for (const end of [1, 2, 100, text.length / 2])
      await expect(asked((parts) => [parts.join('').slice(0, -end)], {}, unsealed)).rejects.toMatchObject({
        code: 'part-damaged',
      });
    for (const count of ['failing', 'rows'])
      await expect(
        asked(
          (parts) => parts.map((part) => part.replace(new RegExp(`"${count}":\\d`), `"${count}":9`)),
          {},
          unsealed,
        ),
      ).rejects.toMatchObject({ code: 'part-damaged' });
  });

  test('and an error of one unit stays what it is', async () => {
    const error = { code: 'expression-invalid', message: 'no column id', remedy: 'Name another.' };
    let isFirst = true;
    const fails = units((unit) => {
      const given = isFirst
        ? unit.answers.map((answer, at) => (at === 3 ? { error } : answer))
        : unit.answers;
      isFirst = false;
      return { ...unit, answers: given };
    });
    const [own] = await askTables(
      found,
      new Map([['', BIG_ASKED]]),
      { timeLimit: 60 },
      askRecorded(recordings, files, (parts, plan, asking) =>
        asking === 1 ? resealed(fails(parts), plan) : parts,
      ),
    );
    expect(() => mergeAnswers(own!, 3)).toThrow(expect.objectContaining(error));
    expect(mergeAnswers(own!, 4).failing).toBe(18_000);
  });

  test('answers to what was asked before', async () => {
    let before: readonly string[] = [];
    const stale = askRecorded(recordings, files, (parts, _, asking) => {
      if (asking === 0) before = parts;
      return before;
    });
    await expect(
      askTables(found, new Map([['', BIG_ASKED]]), { timeLimit: 60 }, stale),
    ).rejects.toMatchObject({ code: 'parts-differ' });
  });

  test('other rows than the profile has, and the same are not', async () => {
    await expect(asked((parts) => parts, { rows: new Map([['', 17_999]]) })).rejects.toMatchObject({
      code: 'parts-differ',
    });
    await asked((parts) => parts, { rows: new Map([['', 18_000]]) });
  });
});
