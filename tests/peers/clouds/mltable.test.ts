import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { writeParquet } from '../../support/parquet.ts';
import { Sandbox } from '../../support/sandbox.ts';

/** The reader of Azure ML is the judge: it loads the rows by the MLTable file of a version. */
const python = process.env.VARVE_AZURE_PYTHON;
const isHere = python !== undefined && existsSync(python);

let box: Sandbox | undefined;
afterAll(() => box?.remove());

const JUDGE = `
import json, mltable
table = mltable.load(".")
print(json.dumps(json.loads(table.to_pandas_dataframe().to_json(orient="records"))))`;

test.skipIf(!isHere)(
  'mltable loads files and folders of every format that it reads (skipped where VARVE_AZURE_PYTHON names no Python with mltable and pandas)',
  async () => {
    box = new Sandbox().repository();
    box.write('repo/a.csv', 'id,name\n1,Ann\n2,Bob\n');
    box.write('repo/t.tsv', 'id\tname\n3,5\tEve\n');
    box.write('repo/l.jsonl', '{"id":4,"name":"Dan"}\n');
    for (const part of [5, 6])
      await writeParquet({
        [box.write(`repo/parts/${part}.parquet`, '')]: `SELECT ${part} AS id, 'Zoe' AS name`,
      });
    const found: Record<string, unknown> = {};
    for (const dataset of ['a.csv', 't.tsv', 'l.jsonl', 'parts']) {
      box.ok(['add', dataset]);
      box.ok(['describe', dataset, '--format', 'mltable', '--output', 'MLTable']);
      const said = spawnSync(python!, ['-c', JUDGE], {
        cwd: box.path('repo'),
        env: box.env,
        encoding: 'utf8',
      });
      expect(said.status, said.stderr).toBe(0);
      found[dataset] = JSON.parse(said.stdout.trim().split('\n').at(-1)!);
    }
    expect(found).toEqual({
      'a.csv': [
        { id: 1, name: 'Ann' },
        { id: 2, name: 'Bob' },
      ],
      't.tsv': [{ id: '3,5', name: 'Eve' }],
      'l.jsonl': [{ id: 4, name: 'Dan' }],
      parts: [
        { id: 5, name: 'Zoe' },
        { id: 6, name: 'Zoe' },
      ],
    });
  },
  120_000,
);
