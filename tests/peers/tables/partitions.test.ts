import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AddResult } from '../../../src/index.ts';
import type { TableProfile } from '../../../src/profile/model/model.ts';
import { Sandbox } from '../../support/sandbox.ts';
import { describeWithWeb } from '../../support/web-server.ts';
import { filesBelow, rowsOf } from './rows.ts';
import { ask } from './trips.ts';

const python = process.env.VARVE_TABLES_PYTHON;
const isHere =
  python !== undefined && spawnSync(python, ['-c', 'import pyiceberg, pyiceberg_core']).status === 0;

/**
 * Tables whose partitions change at random while rows come and columns are added, and one that takes in folders as Hive has them. Each is
 * written once more as one file of Parquet, as pyiceberg reads it.
 */
const WRITE = `
import datetime, json, random, sys
import pyarrow as pa, pyarrow.parquet as pq
from pathlib import Path
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.transforms import *
folder, truth, seed, count = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
dice = random.Random(seed)
catalog = SqlCatalog("made", uri=f"sqlite:///{truth}/catalog.db", warehouse=f"file://{folder}")
catalog.create_namespace("made")
START = datetime.datetime(2024, 1, 30, 22, 0, 0)
KINDS = {
    "id": (pa.int64(), lambda i: i),
    "at": (pa.timestamp("us"), lambda i: START + datetime.timedelta(hours=7 * i) if i % 11 else None),
    "region": (pa.string(), lambda i: [None, "eu", "a b/c=d", "", "é*", "7"][i % 6]),
    "size": (pa.int32(), lambda i: i % 3 - 1 if i % 5 else None),
    "day": (pa.date32(), lambda i: datetime.date(2024, 2, 27 + i % 3) if i % 4 else None),
    "more": (pa.float64(), lambda i: i / 4),
}
FIELDS = [("at", DayTransform()), ("at", MonthTransform()), ("at", HourTransform()), ("id", BucketTransform(3)), ("id", TruncateTransform(10)),
    ("region", TruncateTransform(1)), ("region", IdentityTransform()), ("size", IdentityTransform()), ("day", IdentityTransform()), ("id", BucketTransform(2))]

def rows(first, count, names):
    made = {name: pa.array([KINDS[name][1](i) for i in range(first, first + count)], KINDS[name][0]) for name in names}
    return pa.table(made)

def finish(name, table):
    pq.write_table(table.scan().to_arrow(), truth / f"{name}.parquet")

names = []
for number in range(count):
    name = f"t{number}"
    columns = ["id", "at", "region", "size", "day"]
    table = catalog.create_table(f"made.{name}", schema=rows(0, 1, columns).schema, location=f"file://{folder}/{name}")
    at, fields = 0, []
    for step in range(dice.randint(2, 5)):
        if dice.random() < 0.8:
            with table.update_spec() as update:
                if fields and dice.random() < 0.4:
                    update.remove_field(fields.pop(dice.randrange(len(fields))))
                else:
                    source, transform = dice.choice(FIELDS)
                    field = f"{source}_{dice.randrange(10**9)}" if not isinstance(transform, IdentityTransform) or dice.random() < 0.3 else source
                    # pyiceberg parts by a column once.
                    if table.schema().find_field(source).field_id not in [f.source_id for f in table.spec().fields]:
                        update.add_field(source, transform, field)
                        fields.append(field)
        if "more" not in columns and dice.random() < 0.3:
            columns.append("more")
            with table.update_schema() as update:
                update.union_by_name(rows(0, 1, columns).schema)
        new = dice.randint(1, 30)
        table.append(rows(at, new, columns))
        at += new
    finish(name, table)
    names.append(name)

# Files that Hive parted by region, which they do not have, and later ones that have it.
table = catalog.create_table("made.hive", schema=rows(0, 1, ["id", "region", "size"]).schema, location=f"file://{folder}/hive")
with table.update_spec() as update:
    update.add_identity("region")
files = []
for at, value in enumerate(["eu", "7"]):
    part = folder / "hive" / "data" / f"region={value}"
    part.mkdir(parents=True)
    files.append(str(part / "old.parquet"))
    pq.write_table(rows(at * 10, 10, ["id", "size"]), files[-1])
try:
    table.add_files([f"file://{file}" for file in files])
    table.append(rows(20, 30, ["id", "region", "size"]))
    finish("hive", table)
    names.append("hive")
except Exception as error:
    print(type(error), error, file=sys.stderr)
print(json.dumps(names))
`;

describeWithWeb('tables whose partitions change', (server) => {
  test.skipIf(!isHere)(
    'have the rows and the statistics that pyiceberg reads (skipped where VARVE_TABLES_PYTHON names no Python with `pyiceberg`, `pyiceberg_core`)',
    async () => {
      const box = new Sandbox().repository();
      const truth = box.path('truth');
      mkdirSync(truth);
      const [seed, count] = (process.env.VARVE_TABLES_SEED ?? '1:8').split(':') as [string, string];
      const names = ask(box, python!, WRITE, server.root, truth, seed, count) as string[];
      let renamed = 0;
      for (const name of names) {
        const words = ['add', `${server.url}/${name}`, '--to', `data/${name}`, '--statistics', 'table'];
        const [added] = box.json<AddResult>(words).datasets;
        if (readFileSync(box.path(`repo/data/${name}.varve`), 'utf8').includes('\nkeys: listed\n'))
          renamed += 1;
        box.ok(['pull', `data/${name}`]);
        const [whole] = await rowsOf(truth, [`${name}.parquet`]);
        const here = await rowsOf(box.path(`repo/data/${name}`), filesBelow(box.path(`repo/data/${name}`)));
        expect(here, name).toHaveLength(1);
        expect(here[0], name).toEqual(whole);
        expect(added!.rows, name).toBe(whole!.rows.length);
        const { tables } = box.json<{ tables: TableProfile[] }>(['profile', `data/${name}`]);
        const own = tables.filter((table) => table.name !== '.files');
        const theirs = box.json<{ tables: TableProfile[] }>([
          'profile',
          join(truth, `${name}.parquet`),
        ]).tables;
        expect(own, name).toHaveLength(1);
        expect(countedOf(own[0]!), name).toEqual(countedOf(theirs[0]!));
        box.ok(['rm', `data/${name}`]);
      }
      expect(renamed).toBeGreaterThan(names.length / 3);
      box.remove();
    },
    600_000,
  );
});

/** What a profile counts, apart from the order of the files and the engine's own types. */
function countedOf({ rows, features }: TableProfile): unknown {
  const counted = features
    .map(({ path, present, nulls, distinct, numeric, time, lengths }) => ({
      ...{ path, present, nulls, distinct },
      ...{ numeric, time, lengths },
    }))
    .sort((a, b) => (JSON.stringify(a.path) < JSON.stringify(b.path) ? -1 : 1));
  return { rows, features: counted };
}
