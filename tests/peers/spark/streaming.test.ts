import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BINARY, Sandbox } from '../../support/sandbox.ts';
import { ask } from '../tables/trips.ts';
import { findSpark } from './cluster.ts';

const spark = findSpark();
const EXAMPLE = join(import.meta.dirname, '..', '..', '..', 'examples', 'spark', 'streaming.py');

/** The example with the folders and the source of this test: two files, of which each is a batch. */
const RUN = `
import json, sys
from pathlib import Path
example, root = sys.argv[1], Path(sys.argv[2])
text = open(example, encoding="utf-8").read()
source = 'spark.readStream.schema("fare DOUBLE, kind STRING").option("maxFilesPerTrigger", 1).json("file://%s/in")' % root
for old, new in [
    ('spark.readStream.format("kafka").option("subscribe", "rides").load()', source),
    ('trigger(processingTime="1 minute")', "trigger(availableNow=True)"),
    ('"/srv/data"', f'"{root}/repo"'), ("data/rides@v1.0", "rides.jsonl@v1"), ('"/shared/checkpoint"', f'"{root}/checkpoint"'),
    ('"/shared/batches"', f'"{root}/batches"'), ('"/var/lib/node-exporter"', f'"{root}/metrics"'), ('"/srv/reports"', f'"{root}/reports"'),
]:
    assert old in text, old
    text = text.replace(old, new)
names = {"__name__": "streaming"}
exec(compile(text, example, "exec"), names)
from pyspark.sql import SparkSession
spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").config("spark.sql.shuffle.partitions", "1").getOrCreate()
names["main"](spark)
# As Spark does with a batch whose end it did not note.
names["watch"](spark.createDataFrame([(1.0, "a")], "fare DOUBLE, kind STRING").limit(0), 7)
print(json.dumps("done"))
`;

test.skipIf(spark === undefined)(
  'the recipe for Structured Streaming reports each micro-batch against a version (skipped where VARVE_SPARK_PYTHON names no Python with pyspark)',
  () => {
    const box = new Sandbox().repository();
    const rides = (from: number, factor: number) =>
      Array.from(
        { length: 2000 },
        (_, i) => `${JSON.stringify({ fare: ((from + i * 7919) % 1000) * factor, kind: `k${i % 3}` })}\n`,
      ).join('');
    box.write('repo/rides.jsonl', rides(0, 1));
    box.ok(['add', 'rides.jsonl']);
    box.commit('rides');
    box.git(['tag', 'v1']);
    for (const folder of ['batches', 'metrics', 'reports', 'bin']) mkdirSync(box.path(folder));
    box.write('in/0.json', rides(500, 1));
    box.write('in/1.json', rides(500, 9));
    chmodSync(box.write('bin/varve', `#!/bin/sh\nexec '${process.execPath}' '${BINARY}' "$@"\n`), 0o755);
    Object.assign(box.env, { SPARK_LOCAL_IP: '127.0.0.1', PATH: `${box.path('bin')}:${box.env.PATH}` });
    expect(ask(box, spark!.python, RUN, EXAMPLE, box.root)).toBe('done');
    const rows = [0, 1].map(
      (number) =>
        JSON.parse(readFileSync(box.path(`reports/profile-${number}.json`), 'utf8')) as {
          tables: { rows: number }[];
        },
    );
    expect(rows.map(({ tables }) => tables[0]!.rows)).toEqual([2000, 2000]);
    const pages = [0, 1].map((number) => readFileSync(box.path(`reports/drift-${number}.html`), 'utf8'));
    expect(pages.map((page) => /1 of 2 features drifted/.test(page))).toEqual([false, true]);
    const metrics = readFileSync(box.path('metrics/varve-rides.prom'), 'utf8');
    expect(metrics).toMatch(/varve_drift\S*fare/);
    // One time series for all batches.
    const labels = new Set([...metrics.matchAll(/dataset="([^"]*)"/g)].map(([, label]) => label));
    expect([...labels]).toEqual([box.path('batches/rides')]);
    box.remove();
  },
  240_000,
);
