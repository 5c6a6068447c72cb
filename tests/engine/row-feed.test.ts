import { expect, test } from 'vitest';
import { BooleanBuilder, TextBuilder, WordsBuilder } from '../../src/engine/chunks/column-builders.ts';
import { RowFeed } from '../../src/engine/chunks/row-feed.ts';
import { openEngine } from '../../src/engine/duckdb.ts';

/** Rows of some chunks of the engine: in the second all texts are short, and only the third has nulls. */
const ROWS = 3 * 2048 + 100;
const isNull = (row: number): boolean => row > 4200 && row % 7 === 0;
const isLong = (row: number): boolean => (row < 2048 || row >= 4096) && row % 3 > 0;
const textOf = (row: number, turn: number): string =>
  isLong(row) ? `a long text, ${turn}: ${row}` : `${row}`;

function columnsOf(rows: number, turn: number) {
  const columns = {
    number: new WordsBuilder('INTEGER', 1),
    text: new TextBuilder('VARCHAR'),
    truth: new BooleanBuilder(),
  };
  for (let row = 0; row < rows; row++) {
    if (isNull(row)) for (const column of Object.values(columns)) column.addNull();
    else {
      columns.number.add(turn * row);
      columns.text.addText(textOf(row, turn));
      columns.truth.add(row % 2 === 1);
    }
  }
  return columns;
}

function* valuesOf(rows: number, turn: number) {
  for (let row = 0; row < rows; row++)
    yield isNull(row) ? [null, null, null] : [turn * row, textOf(row, turn), row % 2 === 1];
}

test('one query after another reads the rows that a feed holds by then, in their order', async () => {
  const engine = await openEngine([], { threads: 1, ordered: true });
  try {
    const columns = columnsOf(0, 0);
    const named = Object.entries(columns).map(([name, { sql }]) => ({ name, sql }));
    const feed = await RowFeed.open(engine, 'a feed', named);
    for (const [turn, rows] of [ROWS, 5, 0, ROWS].entries()) {
      feed.hold(Object.values(columnsOf(rows, turn)), rows);
      const found = await engine.query(`SELECT number, text, truth FROM ${feed.relation}`);
      const expected = [...valuesOf(rows, turn)];
      expect(found).toEqual([0, 1, 2].map((at) => expected.map((values) => values[at])));
    }
  } finally {
    engine.close();
  }
});

test('a feed that cannot give its rows fails the query, and neither the process nor the next one', async () => {
  const engine = await openEngine([], { threads: 1, ordered: true });
  try {
    const feed = await RowFeed.open(engine, 'rows', [{ name: 'number', sql: 'INTEGER' }]);
    const broken = new WordsBuilder('INTEGER', 1);
    broken.writeTo = () => {
      throw new RangeError('no memory for these');
    };
    feed.hold([broken], 3);
    await expect(engine.query(`SELECT sum(number) FROM ${feed.relation}`)).rejects.toThrow(
      'no memory for these',
    );
    const whole = new WordsBuilder('INTEGER', 1);
    whole.add(7);
    feed.hold([whole], 1);
    expect(await engine.query(`SELECT number FROM ${feed.relation}`)).toEqual([[7]]);
  } finally {
    engine.close();
  }
});
