// Times `varve drift --stream kafka://…` beside a bare consumer of the same messages, in turns: messages a second of processor time, that of
// the process that reads windows included. Needs a broker, which holds the messages afterwards.
//
// Usage: node scripts/bench/kafka.mjs BROKER:PORT [messages, 1000000] [rows of a window, 100000] [runs, 3]
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import kafkajs from 'kafkajs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const [broker, messages = 1_000_000, window = 100_000, runs = 3, bare] = process.argv.slice(2);
const topic = `varve-bench-${messages}`;
const kafka = new kafkajs.Kafka({ brokers: [broker], logLevel: kafkajs.logLevel.NOTHING });

/** A message of 20 fields. */
function row(at) {
  const fields = { id: at, at: new Date(1.76e12 + at * 1000).toISOString(), ok: at % 3 > 0 };
  for (let field = 0; field < 6; field++)
    fields[`word${field}`] = `w${(at * (field + 7)) % (20 * (field + 1))}`;
  for (let field = 0; field < 6; field++) fields[`count${field}`] = (at * (field + 3)) % (100 * (field + 1));
  for (let field = 0; field < 5; field++) fields[`share${field}`] = ((at * (field + 11)) % 9973) / 9973;
  return fields;
}

/** In a process of its own, whose processor time is counted. */
if (bare !== undefined) {
  const consumer = kafka.consumer({ groupId: `bare-${process.pid}` });
  let count = 0;
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      count += batch.messages.length;
      if (count >= Number(messages)) process.exit(0);
    },
  });
} else {
  await fill();
  const work = mkdtempSync(join(process.env.VARVE_BENCH_DIR ?? tmpdir(), 'varve-kafka-'));
  process.on('exit', () => rmSync(work, { recursive: true, force: true }));
  mkdirSync(work, { recursive: true });
  writeFileSync(
    join(work, 'rows.jsonl'),
    Array.from({ length: 50_000 }, (_, at) => `${JSON.stringify(row(at))}\n`).join(''),
  );
  const rates = { bare: [], drift: [] };
  for (let run = 0; run < Number(runs); run++) {
    rates.bare.push(rate([fileURLToPath(import.meta.url), broker, messages, window, runs, 'bare'], work));
    const source = [
      '--stream',
      `kafka://${broker}/${topic}`,
      '--until',
      'latest',
      '--group',
      `bench-${Date.now()}`,
    ];
    const words = ['drift', 'rows.jsonl', ...source, '--window', window, '--json'];
    rates.drift.push(rate([join(root, 'bin', 'varve.js'), ...words], work));
  }
  for (const [name, each] of Object.entries(rates))
    console.log(
      `${name.padEnd(6)} ${each.map((one) => `${Math.round(one).toLocaleString('en')}/s`).join('  ')}`,
    );
  const median = (each) => each.toSorted((a, b) => a - b)[Math.floor(each.length / 2)];
  console.log(
    `ratio  ${(median(rates.drift) / median(rates.bare)).toFixed(2)} of what a bare consumer takes`,
  );
}

/** Messages a second of processor time, of a process and all that it starts. */
function rate(words, cwd) {
  const measured = [
    join(root, 'scripts', 'bench', 'processor-time.py'),
    process.execPath,
    ...words.map(String),
  ];
  const { stderr, status } = spawnSync('python3', measured, { cwd, encoding: 'utf8' });
  if (status !== 0 && status !== 1) throw new Error(stderr);
  return Number(messages) / Number(stderr.trim().split('\n').at(-1));
}

async function fill() {
  const admin = kafka.admin();
  await admin.connect();
  const there = (await admin.listTopics()).includes(topic);
  if (!there) {
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
    const producer = kafka.producer();
    await producer.connect();
    for (let at = 0; at < Number(messages); at += 1000) {
      const values = Array.from({ length: 1000 }, (_, one) => ({ value: JSON.stringify(row(at + one)) }));
      await producer.send({ topic, messages: values });
    }
    await producer.disconnect();
  }
  await admin.disconnect();
}
