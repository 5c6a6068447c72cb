// TFRecord and Avro beside what reads them in Python, in turn: `varve profile` and TFDV's generate_statistics_from_tfrecord, or, for Avro,
// fastavro into pandas and its `describe`. Every run is a process of its own; the time of its processor counts too, since other work on
// the machine does not change it.
//
// Usage: VARVE_TFDV_PYTHON=… node scripts/bench/formats.mjs [rows, 400000] [runs, 3]
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [rows = '400000', runs = '3'] = process.argv.slice(2);
const python = process.env.VARVE_TFDV_PYTHON;
if (python === undefined) throw new Error('Name a Python with TFDV in VARVE_TFDV_PYTHON.');
const work = mkdtempSync(join(process.env.VARVE_BENCH_DIR ?? tmpdir(), 'varve-formats-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
const bin = join(import.meta.dirname, '..', '..', 'bin', 'varve.js');

/** Taxi trips: numbers, categories, ids, a list, an embedding, and a feature that one in ten lacks. */
const MAKE = `
import os, sys
os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'
import numpy as np, tensorflow as tf, fastavro
n, folder = int(sys.argv[1]), sys.argv[2]
r = np.random.default_rng(1)
names = ['city %d' % i for i in range(2000)]
ids, fares, distances = r.integers(0, 10**9, n), r.gamma(2, 7, n).astype('f4'), r.exponential(3, n).astype('f4')
cities, hours, tips = r.integers(0, 2000, n), r.integers(0, 24, n), r.exponential(2, n).astype('f4')
stops, vectors, there = r.integers(0, 6, n), r.normal(0, 1, (n, 8)).astype('f4'), r.random(n) > 0.1
def row(i):
    return {'id': [int(ids[i])], 'fare': [float(fares[i])], 'distance': [float(distances[i])], 'hour': [int(hours[i])],
        'city': [names[cities[i]].encode()], 'payment': [[b'cash', b'card', b'none', b'dispute'][hours[i] % 4]],
        'company': [b'Taxi Affiliation Services %d' % (cities[i] % 50)], 'trip': [b'%032x' % int(ids[i])],
        'stops': list(range(1 + int(stops[i]))), 'vector': [float(v) for v in vectors[i]], 'tips': [float(tips[i])] if there[i] else None}
def feature(values):
    if values is None: return tf.train.Feature()
    if isinstance(values[0], bytes): return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))
    if isinstance(values[0], float): return tf.train.Feature(float_list=tf.train.FloatList(value=values))
    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))
for name, options in (('taxi.tfrecord', None), ('taxi.tfrecord.gz', 'GZIP')):
    with tf.io.TFRecordWriter(os.path.join(folder, name), options) as writer:
        for i in range(n):
            features = {key: feature(values) for key, values in row(i).items()}
            writer.write(tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString())
def flat(i):
    one = row(i)
    return {**{k: v[0].decode() if isinstance(v[0], bytes) else v[0] for k, v in one.items() if k not in ('stops', 'vector', 'tips')},
        'stops': one['stops'], 'vector': one['vector'], 'tips': one['tips'] and one['tips'][0]}
types = {'id': 'long', 'fare': 'float', 'distance': 'float', 'hour': 'int', 'city': 'string', 'payment': 'string', 'company': 'string',
    'trip': 'string', 'stops': {'type': 'array', 'items': 'int'}, 'vector': {'type': 'array', 'items': 'float'}, 'tips': ['null', 'float']}
schema = {'type': 'record', 'name': 'Taxi', 'fields': [{'name': k, 'type': t} for k, t in types.items()]}
for name, codec in (('taxi.avro', 'null'), ('taxi-deflate.avro', 'deflate')):
    with open(os.path.join(folder, name), 'wb') as file:
        fastavro.writer(file, schema, (flat(i) for i in range(n)), codec=codec)
`;
const TFDV = `
import sys, tensorflow_data_validation as tfdv
assert tfdv.generate_statistics_from_tfrecord(sys.argv[1]).datasets[0].num_examples == int(sys.argv[2])
`;
const PANDAS = `
import sys, fastavro, pandas
with open(sys.argv[1], 'rb') as file:
    table = pandas.DataFrame.from_records(list(fastavro.reader(file)))
assert len(table.drop(columns=['stops', 'vector']).describe(include='all').columns) == 9 and len(table) == int(sys.argv[2])
for name in ('stops', 'vector'):
    table[name].explode().astype('float').describe()
`;

/** Hundredths of a second of the processor, and KiB of memory at most, of a process and those that it started, by process. */
function look(pid, found) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [, , , , , , , , , , , user, system] = stat.slice(stat.lastIndexOf(')') + 1).split(' ');
    const [, peak] = /VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
    found.set(pid, { cpu: Number(user) + Number(system), peak: Number(peak) });
    for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' '))
      if (child !== '') look(child, found);
  } catch {
    // It ended meanwhile.
  }
}

/**
 * Seconds of the clock and of the processor, and the peak of memory of the largest process. The process that reads data for varve outlives
 * the command by a moment, so that the system would not count it: it is looked at meanwhile.
 */
async function measured(command, args) {
  const started = performance.now();
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (piece) => {
    said += piece;
  });
  const found = new Map();
  const timer = setInterval(() => look(String(child.pid), found), 20);
  const status = await new Promise((resolve) => child.on('close', resolve));
  clearInterval(timer);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}\n${said}`);
  const all = [...found.values()];
  const cpu = all.reduce((sum, one) => sum + one.cpu, 0) / 100;
  return {
    wall: (performance.now() - started) / 1000,
    cpu,
    mib: Math.round(Math.max(...all.map((one) => one.peak)) / 1024),
  };
}

const varve = (path) => measured(process.execPath, [bin, 'profile', path, '--json']);
const other = (script) => (path) => measured(python, ['-W', 'ignore', '-c', script, path, rows]);

const made = spawnSync(python, ['-W', 'ignore', '-c', MAKE, rows, work], { encoding: 'utf8' });
if (made.status !== 0) throw new Error(made.stderr);

const median = (all) => all.toSorted((a, b) => a - b)[all.length >> 1];
console.log(`${rows} rows, medians of ${runs} runs\n`);
console.log('| file | varve | other | seconds | of the processor |');
console.log('| --- | --- | --- | --- | --- |');
for (const [name, who, script] of [
  ['taxi.tfrecord', 'TFDV', TFDV],
  ['taxi.tfrecord.gz', 'TFDV', TFDV],
  ['taxi.avro', 'fastavro, pandas', PANDAS],
  ['taxi-deflate.avro', 'fastavro, pandas', PANDAS],
]) {
  const path = join(work, name);
  const [own, theirs] = [[], []];
  for (let run = 0; run < Number(runs); run++) {
    own.push(await varve(path));
    theirs.push(await other(script)(path));
  }
  const of = (all, key) => median(all.map((one) => one[key]));
  const cell = (all) =>
    `${of(all, 'wall').toFixed(1)} s (${of(all, 'cpu').toFixed(1)} s, ${of(all, 'mib')} MiB)`;
  const ratio = (key) => `${(of(theirs, key) / of(own, key)).toFixed(1)}×`;
  console.log(
    `| ${name}, ${Math.round(statSync(path).size / 1e6)} MB | ${cell(own)} | ${who}: ${cell(theirs)} | ${ratio('wall')} | ${ratio('cpu')} |`,
  );
}
