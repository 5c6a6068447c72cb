import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync } from 'node:fs';
import { delimiter, dirname, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { BINARY, Sandbox } from '../../support/sandbox.ts';

/** The models of Amundsen's own library are the judge: what they make of the facts is what its graph gets. */
const python = process.env.VARVE_AMUNDSEN_PYTHON;
const isHere = python !== undefined && existsSync(python);
const EXAMPLE = resolve(import.meta.dirname, '../../../examples/catalogs/amundsen.py');

let box: Sandbox | undefined;
afterAll(() => box?.remove());

const JUDGE = `
import json, sys
sys.path.insert(0, sys.argv[1])
from amundsen import VarveExtractor
from pyhocon import ConfigFactory
extractor = VarveExtractor()
extractor.init(ConfigFactory.from_dict({"dataset": sys.argv[2]}))
nodes = []
while (record := extractor.extract()) is not None:
    while (node := record.create_next_node()) is not None:
        nodes.append([node.label, node.key, node.attributes])
print(json.dumps(nodes))`;

test.skipIf(!isHere)(
  'databuilder takes the table, the statistics of its columns and its watermarks (skipped where VARVE_AMUNDSEN_PYTHON names no Python with amundsen-databuilder)',
  () => {
    box = new Sandbox().repository();
    chmodSync(box.write('bin/varve', `#!/bin/sh\nexec "${process.execPath}" "${BINARY}" "$@"\n`), 0o755);
    box.write('repo/data/people.csv', 'age,born\n41,1985-02-03\n,1990-12-01\n');
    box.ok(['add', 'data/people.csv']);
    box.commit('one');
    const env = { ...box.env, PATH: [box.path('bin'), process.env.PATH].join(delimiter) };
    const words = ['-c', JUDGE, dirname(EXAMPLE), 'data/people.csv@HEAD'];
    const { stdout, stderr, status } = spawnSync(python!, words, {
      cwd: box.path('repo'),
      env,
      encoding: 'utf8',
    });
    expect(status, stderr).toBe(0);
    const nodes = JSON.parse(stdout.trim().split('\n').at(-1)!) as [
      string,
      string,
      Record<string, unknown>,
    ][];
    const keys = (label: string) => nodes.filter(([kind]) => kind === label).map(([, key]) => key);
    const table = 'varve://gold.data/people.csv';
    expect(keys('Table')).toEqual([table]);
    expect(keys('Column')).toEqual([`${table}/age`, `${table}/born`]);
    const stat = (key: string) => nodes.find(([, each]) => each === key)?.[2].stat_val;
    expect(stat(`${table}/age/Missing values/`)).toBe('1');
    expect(stat(`${table}/born/Maximum/`)).toContain('1990-12-01');
    expect(keys('Watermark')).toEqual([`${table}/low_watermark/`, `${table}/high_watermark/`]);
  },
  120_000,
);
