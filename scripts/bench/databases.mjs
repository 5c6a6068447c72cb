// Times `varve add mysql://…` and `varve add postgresql://…` of a table of 6 columns, statistics included, beside the database's own dump, pandas
// and DVC's import-db, in one run: rows a second, seconds of the processor without those of the server, and the peak of resident memory.
// pandas takes the rows into memory alone, then also to a file of Parquet, then describes the columns too, which is what `varve add` does.
//
// Usage: node scripts/bench/databases.mjs [rows, 1000000] [runs, 3]
//   VARVE_DVC=/path/to/dvc  names DVC; the Python beside it needs pandas, sqlalchemy and pymysql
//   VARVE_BENCH_PYTHON=/path/to/python  names another for pandas, which needs pyarrow and psycopg2 besides; without it, only rows in memory are timed
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measured } from './measure.mjs';
import { importServers } from './servers.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const varve = [process.execPath, join(root, 'bin', 'varve.js')];
const [rows = 1_000_000, runs = 3] = process.argv.slice(2).map(Number);
const work = mkdtempSync(join(process.env.VARVE_BENCH_DIR ?? tmpdir(), 'varve-databases-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
Object.assign(process.env, { XDG_CONFIG_HOME: join(work, 'config'), DVC_NO_ANALYTICS: '1' });
const { startMariadb, startPostgresql } = await importServers('databases');

const repository = join(work, 'repository');
mkdirSync(repository);
const quiet = (...command) =>
  execFileSync(command[0], command.slice(1), { cwd: repository, stdio: 'ignore' });
quiet('git', 'init', '-q');
quiet(...varve, 'init');

const COLUMNS = `id INTEGER PRIMARY KEY, customer INTEGER, price DECIMAL(10,2), at TIMESTAMP NOT NULL, kind VARCHAR(12), note VARCHAR(60)`;
const VALUES = (n, text) =>
  `${n}, ${n} * 7919 % 50000, ${n} * 31 % 100000 / 100.0, ${text.at}, concat('kind-', ${n} % 12), concat('order ', ${n}, ' of ', ${n} * 7919 % 50000)`;

/** pandas, as far as this Python goes: from rows in memory to what `varve add` does. */
function pandasTools(name, python, interpreter, steps) {
  const read = `import pandas, sqlalchemy; frame = pandas.read_sql('SELECT * FROM orders', sqlalchemy.create_engine('${python}'))`;
  return steps.map(([title, more]) => ({
    name: `${name}: ${title}`,
    command: [interpreter, '-c', `${read}${more}; print(len(frame))`],
  }));
}
const IN_MEMORY = [['pandas.read_sql, in memory', '']];
const TO_PARQUET = [
  ['pandas.read_sql, to Parquet', "; frame.to_parquet('pandas.parquet')"],
  [
    'pandas.read_sql, to Parquet, described',
    "; frame.to_parquet('pandas.parquet'); print(frame.describe(include='all'))",
  ],
];

function mysqlPeers(server) {
  const url = server.url();
  const socket = new URL(url).searchParams.get('socket');
  const python = `mysql+pymysql://root@localhost/shop?unix_socket=${socket}`;
  return {
    url,
    dump: [
      'mariadb-dump',
      '--no-defaults',
      '-u',
      'root',
      '-S',
      socket,
      '--single-transaction',
      'shop',
      'orders',
    ],
    python,
  };
}

const tools = [];
const mariadb = await startMariadb();
mariadb.run(
  `CREATE TABLE orders (${COLUMNS}); INSERT INTO orders SELECT ${VALUES('seq', { at: "TIMESTAMP('2026-01-01') + INTERVAL seq SECOND" })} FROM seq_1_to_${rows}`,
);
const { url, dump, python } = mysqlPeers(mariadb);
const add = (from, to) => [...varve, 'add', from, '--table', 'orders', '--to', to];
tools.push({ name: 'MariaDB: varve add', command: add(url, 'mysql.parquet') });
tools.push({ name: 'MariaDB: mariadb-dump', command: ['sh', '-c', `"$@" > dump.sql`, 'sh', ...dump] });
const dvc = process.env.VARVE_DVC;
const bench = process.env.VARVE_BENCH_PYTHON;
if (bench) tools.push(...pandasTools('MariaDB', python, bench, [...IN_MEMORY, ...TO_PARQUET]));
if (dvc && existsSync(dvc)) {
  if (!bench) tools.push(...pandasTools('MariaDB', python, join(dirname(dvc), 'python'), IN_MEMORY));
  quiet(dvc, 'init', '-q');
  quiet(dvc, 'config', 'db.shop.url', python);
  tools.push({
    name: 'MariaDB: dvc import-db, to CSV',
    command: [
      dvc,
      'import-db',
      '-q',
      '--conn',
      'shop',
      '--sql',
      'SELECT * FROM orders',
      '--out',
      'dvc.csv',
      '--force',
    ],
    cwd: repository,
  });
}
let postgresql;
try {
  postgresql = await startPostgresql();
} catch (error) {
  console.log(`No PostgreSQL here (${error.message.split('\n')[0]}): its rows are left out.`);
}
if (postgresql !== undefined) {
  postgresql.run(
    `CREATE TABLE orders (${COLUMNS}); INSERT INTO orders SELECT ${VALUES('n', { at: "timestamp '2026-01-01' + n * interval '1 second'" })} FROM generate_series(1::bigint, ${rows}) n`,
  );
  const from = postgresql.url();
  const socket = new URL(from).searchParams.get('socket');
  tools.push({ name: 'PostgreSQL: varve add', command: add(from, 'pg.parquet') });
  if (bench)
    tools.push(
      ...pandasTools('PostgreSQL', `postgresql+psycopg2://ann@/postgres?host=${socket}`, bench, [
        ...IN_MEMORY,
        ...TO_PARQUET,
      ]),
    );
  tools.push({
    name: 'PostgreSQL: psql COPY, to CSV',
    command: [
      'sh',
      '-c',
      `psql -q -h ${socket} -U ann postgres -c 'COPY orders TO STDOUT (FORMAT csv)' > copy.csv`,
    ],
  });
}

console.log(
  `| ${rows.toLocaleString('en')} rows of 6 columns | by the clock | processor | memory | rows a second | of the processor |`,
);
console.log('|---|---|---|---|---|---|');
for (const { name, command } of tools) {
  // In its own folder, or the second run would have nothing new to save.
  const each = [];
  for (let run = 0; run < runs; run++) {
    for (const left of ['mysql.parquet', 'pg.parquet', 'dvc.csv'])
      for (const suffix of ['', '.varve', '.dvc']) rmSync(join(repository, left + suffix), { force: true });
    rmSync(join(repository, '.git', 'varve', 'cache'), { recursive: true, force: true });
    each.push(measured(command, { cwd: repository }));
  }
  const { seconds, processor, mib } = each.toSorted((a, b) => a.seconds - b.seconds)[
    Math.floor(each.length / 2)
  ];
  const peak = Math.max(...each.map((one) => one.mib), mib);
  console.log(
    `| ${name} | ${seconds.toFixed(2)} s | ${processor.toFixed(1)} s | ${peak} MiB | ${[seconds, processor].map((each) => Math.round(rows / each).toLocaleString('en')).join(' | ')} |`,
  );
}
await mariadb.stop();
await postgresql?.stop();
process.exit(0);
