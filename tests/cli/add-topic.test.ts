import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWithKafka, type KafkaBroker, startKafka } from '../support/kafka.ts';
import { refused } from '../support/refused.ts';
import { BINARY, Sandbox } from '../support/sandbox.ts';
import { startRegistry } from '../support/schema-registry.ts';

const box = new Sandbox();
beforeAll(() => {
  box.repository();
});
afterAll(() => box.remove());

/** Rows of Parquet as another reader has them. */
async function read(glob: string): Promise<string[]> {
  const connection = await (await DuckDBInstance.create()).connect();
  const result = await connection.runAndReadAll(
    `SELECT * FROM read_parquet('${box.path('repo', glob)}', filename = false) ORDER BY id`,
  );
  return result.getRows().map((row) => row.map(String).join(' '));
}

test('a topic goes into a folder, by a URL without secrets', () => {
  refused(box, ['add', 'kafka://ann:hush@broker/events', '--to', 'data'], 'stream-url-invalid', '');
  refused(box, ['add', 'kafka://broker/events'], 'usage', '');
  refused(box, ['add', 'kafka://broker/events', '--to', 'data', '--table', 'x'], 'usage', '');
  refused(box, ['add', 'data', '--from', 'latest'], 'usage', '');
  refused(box, ['add', 'kafka://127.0.0.1:1/events', '--to', 'data'], 'stream-unreachable', '');
  expect(existsSync(box.path('repo/data'))).toBe(false);
});

describeWithKafka(() => {
  const users = { ann: 'hush-hush' };
  let broker: KafkaBroker;
  beforeAll(async () => {
    box.write('tls/.keep', '');
    const at = (name: string) => box.path('tls', name);
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-days',
        '2',
        '-keyout',
        at('key'),
        '-out',
        at('cert'),
        ...subject,
      ],
      { stdio: 'pipe' },
    );
    writeFileSync(at('both'), readFileSync(at('key'), 'utf8') + readFileSync(at('cert'), 'utf8'));
    broker = await startKafka({ keyStore: at('both'), trustStore: at('cert'), users });
  }, 120_000);
  afterAll(() => broker.stop());

  const add = (topic: string, ...more: string[]) => ['add', `kafka://${broker.address}/${topic}`, ...more];
  const event = (id: number, changed: object = {}) =>
    JSON.stringify({ id, price: id / 2, kind: `k${id % 3}`, ...changed });

  test('a range of a topic is a version, and the same command takes what came since', async () => {
    await broker.create('events', 2);
    await broker.send('events', [
      ...Array.from({ length: 100 }, (_, id) => ({ value: event(id), partition: id % 2 })),
      { value: 'no row', partition: 1 },
    ]);
    const first = await box.later([...add('events', '--to', 'data/events'), '--json']);
    expect(first.err).toMatch(/partition 1 at offset 50 is left out/);
    expect(first.err).toMatch(/1 message could not be read, and is not in data\/events/);
    const [added] = JSON.parse(first.out).datasets;
    const topic = `kafka://${broker.address}/events`;
    expect(added).toMatchObject({
      change: 'new',
      files: 2,
      rows: 100,
      topic: { url: topic, offsets: '0:0-50,1:0-51' },
    });
    expect(readFileSync(box.path('repo/data/events.varve'), 'utf8')).toMatch(
      /^varve: 6\n[\s\S]*\ntopic: "kafka:.*\ntopic-offsets: "?0:0-50,1:0-51"?\n/,
    );
    expect(await read('data/events/*.parquet')).toEqual(
      Array.from({ length: 100 }, (_, id) => `${id} ${id / 2} k${id % 3}`),
    );

    await broker.send('events', [{ value: event(100, { note: 'new' }), partition: 0 }]);
    const second = await box.later([...add('events', '--to', 'data/events'), '--json']);
    expect(second.err).toBe('');
    expect(JSON.parse(second.out).datasets[0]).toMatchObject({
      change: 'changed',
      files: 3,
      rows: 101,
      topic: { offsets: '0:0-51,1:0-51' },
    });
    expect(readdirSync(box.path('repo/data/events'))).toContain('events+0+0000000050+0000000051.parquet');
    expect(box.varve(add('events', '--to', 'data/events')).out).toMatch(/^unchanged {2}data\/events/);
    refused(box, add('events', '--to', 'data/events', '--from', '0:10,1:51'), 'path-taken', '');
    const part = add('events', '--from', '0:10,1:50', '--until', '0:20,1:0', '--to', 'data/part');
    expect((await box.later(part)).out).toMatch(/^new +data\/part {2}10 rows/);
    // Where a partition was to begin is where it goes on, though nothing of it was taken.
    expect(readFileSync(box.path('repo/data/part.varve'), 'utf8')).toMatch(
      /topic-offsets: "?0:10-20,1:50-50"?\n/,
    );
    const further = await box.later([...add('events', '--until', 'latest', '--to', 'data/part'), '--json']);
    expect(JSON.parse(further.out).datasets).toMatchObject([{ topic: { offsets: '0:10-51,1:50-51' } }]);
    refused(box, add('events', '--from', 'latest', '--to', 'data/none'), 'input-empty', '');
  });

  test('a range that ends is left as it is by update, and goes on by the command that update names', async () => {
    await broker.create('range', 2);
    const at = (id: number, day: string, partition = 0) => ({
      value: event(id),
      partition,
      timestamp: String(Date.parse(`2026-01-${day}T00:00:00Z`)),
    });
    await broker.send('range', [at(0, '01'), at(1, '02'), at(2, '02', 1), at(3, '03'), at(4, '04', 1)]);
    const days = add('range', '--from', '2026-01-02', '--until', '2026-01-03', '--to', 'data/day');
    expect((await box.later(days)).out).toMatch(/^new +data\/day {2}2 rows/);
    const pointer = () => readFileSync(box.path('repo/data/day.varve'), 'utf8');
    const ended = pointer();
    expect(ended).toMatch(
      /^varve: 12\n[\s\S]*\ntopic-offsets: "0:1-2,1:0-1"\ntopic-until: "2026-01-03"\ntopic-complete: true\n$/,
    );
    const updated = async (...words: string[]) => {
      const { out, err } = await box.later(['update', ...words, '--json']);
      return JSON.parse(out || err).datasets.filter(({ to }: { to: string }) => to.startsWith('data/day'));
    };
    const left = { change: 'unchanged', rows: 2, until: '2026-01-03', complete: true };
    expect(await updated('data/day')).toMatchObject([left]);
    expect(await updated()).toMatchObject([left]);
    // The same command once more, and an earlier range, leave the end as it is.
    expect((await box.later(days)).out).toMatch(/^unchanged/);
    expect(pointer()).toBe(ended);
    const earlier = await box.later(
      add('range', '--from', '0:0,1:1', '--until', '0:1,1:1', '--to', 'data/day'),
    );
    expect(earlier.code, earlier.err).toBe(0);
    expect(pointer()).toMatch(
      /topic-offsets: "0:0-2,1:0-1"\ntopic-until: "2026-01-03"\ntopic-complete: true\n/,
    );

    // What update names is run as it stands, wherever it was said.
    const said = (await box.later(['update', 'day'], 'repo/data')).out;
    expect(said).toMatch(
      /^unchanged {2}data\/day .*\n +has all up to its end, 2026-01-03; to go on behind it, run `/,
    );
    const [, command] = /run `varve (.*)`/.exec(said)!;
    expect((await box.later(command!.split(' '), 'repo/data')).out).toMatch(/^changed +data\/day {2}5 rows/);
    expect(pointer()).toMatch(/^varve: 6\n/);
    await broker.send('range', [at(5, '05')]);
    expect(await updated('data/day')).toMatchObject([{ change: 'changed', rows: 6 }]);

    // An end is taken back although there is nothing new; one that is not reached yet is gone on to, and no further.
    await box.later(add('range', '--until', '2026-01-03', '--to', 'data/day-2'));
    expect(readFileSync(box.path('repo/data/day-2.varve'), 'utf8')).toContain('topic-complete: true');
    await broker.create('few');
    await broker.send('few', [{ value: event(0) }]);
    const few = (...more: string[]) => add('few', ...more, '--to', 'data/day-few');
    await box.later(few('--until', '1'));
    const text = () => readFileSync(box.path('repo/data/day-few.varve'), 'utf8');
    expect(text()).toContain('topic-until: "1"\ntopic-complete: true\n');
    expect((await box.later(few('--until', 'latest'))).out).toMatch(/^changed/);
    expect(text()).not.toContain('until');
    await box.later(few('--until', '3'));
    expect(text()).toMatch(/topic-until: "3"\n$/);
    await broker.send('few', [{ value: event(1) }]);
    expect(await updated('data/day-few')).toMatchObject([{ rows: 2, until: '3' }]);
    await broker.send('few', [{ value: event(2) }, { value: event(3) }]);
    const whole = { rows: 3, until: '3', complete: true, offsets: '0:0-3' };
    expect(await updated('data/day-few')).toMatchObject([{ ...whole, change: 'changed' }]);
    expect(await updated('data/day-few')).toMatchObject([{ ...whole, change: 'unchanged' }]);
    // What somebody wrote there by hand is told by its own name.
    box.write('repo/data/day-few.varve', text().replace(/"3"\ntopic-complete: true/, '"2026-77-77"'));
    expect((await box.later(['update', 'data/day-few'])).err).toContain('topic-until 2026-77-77 is no place');
    box.write('repo/data/day-few.varve', text().replace('"2026-77-77"', '"3"'));
  });

  test('what a topic deleted between two updates is told, also in JSON; one that was made anew is refused', async () => {
    await broker.create('brief');
    await broker.send('brief', [{ value: event(0) }, { value: event(1) }]);
    await box.later(add('brief', '--to', 'data/brief'));
    await broker.send('brief', [{ value: event(2) }, { value: event(3) }, { value: event(4) }]);
    const drop = async (offset: number) => {
      // The driver asks no broker of a topic that it was not asked of.
      await broker.admin.fetchTopicOffsets('brief');
      const partitions = [{ partition: 0, offset: String(offset) }];
      await broker.admin.deleteTopicRecords({ topic: 'brief', partitions });
    };
    await drop(4);
    const { code, out, err } = await box.later(['update', 'data/brief', '--json']);
    expect([code, err]).toEqual([
      0,
      expect.stringMatching(
        /has deleted 2 messages of partition 0 that were not taken: from offset 2 up to 4\n/,
      ),
    ]);
    expect(JSON.parse(out).datasets).toMatchObject([
      { rows: 3, offsets: '0:0-2+4-5', deleted: [{ partition: 0, from: 2, until: 4 }] },
    ]);

    // A run that was cut off goes on behind what is gone by now, and no run is stuck there.
    await broker.send('brief', [{ value: event(5) }, { value: event(6) }]);
    const streams = box.path('repo/.varve/streams');
    const question = { topic: `kafka://${broker.address}/brief`, to: 'data/brief' };
    const folder = createHash('sha256').update('data/brief').digest('hex').slice(0, 16);
    const state = {
      ...{ question: JSON.stringify(question), end: {}, deleted: [], files: [], malformed: 0 },
      partitions: [{ partition: 0, from: 5, until: 7, next: 5 }],
    };
    mkdirSync(join(streams, folder), { recursive: true });
    writeFileSync(join(streams, folder, 'state.json'), JSON.stringify(state));
    await drop(6);
    const resumed = await box.later(['update', 'data/brief', '--json']);
    expect(JSON.parse(resumed.out).datasets, resumed.err).toMatchObject([
      { rows: 4, deleted: [{ partition: 0, from: 5, until: 6 }] },
    ]);

    await broker.admin.deleteTopics({ topics: ['brief'] });
    while ((await broker.admin.listTopics()).includes('brief')) await sleep(50);
    await broker.create('brief');
    await broker.send('brief', [{ value: event(7) }]);
    for (const words of [['update', 'data/brief'], add('brief', '--to', 'data/brief')]) {
      const refusal = await box.later([...words, '--json']);
      const { error } = JSON.parse(refusal.out);
      expect([refusal.code, error.code]).toEqual([2, 'offsets-missing']);
      expect(error.message).toContain('up to offset 7, and it ends at 1: the topic was made anew');
      const [, command] = /`varve (.*) --to FOLDER`/.exec(error.remedy)!;
      const other = await box.later([...command!.split(' '), '--to', `data/brief-${words[0]}`]);
      expect(other.out).toMatch(/^new .* 1 row,/);
    }
  });

  test('a folder of messages is brought up to date; what came through Git is asked only after consent', async () => {
    await broker.create('news', 2);
    await broker.send('news', [
      { value: event(0), partition: 0 },
      { value: event(1), partition: 1 },
    ]);
    await box.later(add('news', '--to', 'data/news'));
    box.ok(['meta', 'data/news', 'license=CC0-1.0']);
    box.commit('news');
    await broker.send('news', [{ value: event(2), partition: 1 }]);
    const update = async () => JSON.parse((await box.later(['update', 'data/news', '--json'])).out).datasets;
    const url = `kafka://${broker.address}/news`;
    const taken = { topic: url, to: 'data/news', offsets: '0:0-1,1:0-2', files: 3, rows: 3 };
    expect(await update()).toMatchObject([{ ...taken, change: 'changed' }]);
    // What was edited here and nobody saved is not taken for a part of the topic, and stays.
    box.write('repo/data/news/notes.txt', 'mine');
    expect(await update()).toMatchObject([{ ...taken, change: 'unchanged' }]);
    expect(box.ok(['update', 'data/news'])).toMatch(/^unchanged +data\/news +3 rows, .*news/);
    expect(box.ok(['meta', 'data/news'])).toBe('license: CC0-1.0\n');
    box.ok(['remote', 'add', 'origin', box.path('remote')]);
    box.commit('more news');
    box.ok(['push']);

    // A clone takes what is behind the version, though it has one of the files alone.
    box.git(['clone', '-q', 'repo', 'clone'], '.');
    refused(box, ['update', 'data/news'], 'settings-untrusted', '', 'clone');
    expect(box.ok(['trust', '--show'], 'clone')).toContain(`topic  ${url}`);
    box.ok(['trust'], 'clone');
    const first = 'news+0+0000000000+0000000001.parquet';
    box.ok(['pull', `data/news/${first}`], 'clone');
    await broker.send('news', [{ value: event(9), partition: 0 }]);
    const there = await box.later(['update', 'data/news', '--json'], 'clone');
    expect(JSON.parse(there.out).datasets, there.err).toMatchObject([{ offsets: '0:0-2,1:0-2', files: 4 }]);
    expect(readdirSync(box.path('clone/data/news'))).toEqual([first, 'news+0+0000000001+0000000002.parquet']);

    // A version of one's own says nothing of offsets; the names of files still do.
    expect(box.varve(['add', 'data/news']).err).toContain('`varve update` leaves it alone');
    expect(readFileSync(box.path('repo/data/news.varve'), 'utf8')).not.toContain('topic');
    refused(box, ['update', 'data/news'], 'import-missing', 'data/news');
    const again = await box.later([...add('news', '--to', 'data/news'), '--json']);
    expect(JSON.parse(again.out).datasets).toMatchObject([
      { change: 'changed', files: 5, rows: 4, topic: { offsets: '0:0-2,1:0-2' } },
    ]);
    const named = add('news', '--to', 'data/x', '--registry', 'https://registry/?key=1');
    refused(box, named, 'stream-url-invalid', 'registry');
  });

  test('messages of a registry are not taken without it, and a pointer keeps which it is', async () => {
    const fields = [{ name: 'id', type: 'long' }];
    const schema = JSON.stringify({ type: 'record', name: 'Row', fields });
    const registry = await startRegistry({ 7: { schema } });
    // A zero, the id of the schema, and a whole number in zigzag.
    const written = (id: number) => ({ value: Buffer.from([0, 0, 0, 0, 7, 2 * id]) });
    await broker.create('avro');
    await broker.send('avro', [{ value: event(9) }, ...[1, 2, 3, 4].map(written)]);
    const bare = await box.later(add('avro', '--to', 'data/avro'));
    expect([bare.code, bare.err]).toEqual([
      2,
      expect.stringMatching(/at offset 1 of .* schema of a registry, and none is named\n.*`--registry /),
    ]);
    expect(existsSync(box.path('repo/data/avro.varve'))).toBe(false);
    const from = ['--from', '1', '--until', '3', '--registry', registry.url];
    const first = await box.later(add('avro', '--to', 'data/avro', ...from));
    expect(first.out, first.err).toMatch(/^new +data\/avro +2 rows/);
    const second = await box.later(add('avro', '--until', 'latest', '--to', 'data/avro'));
    expect(second.out, second.err).toMatch(/^changed +data\/avro +4 rows/);
    expect(second.err).not.toContain('left out');
    expect(await read('data/avro/*.parquet')).toEqual(['1', '2', '3', '4']);
    expect(readFileSync(box.path('repo/data/avro.varve'), 'utf8')).toContain(
      `topic-registry: "${registry.url}"\n`,
    );
    // The registry of a pointer came through Git, for a clone: nobody asks it before consent.
    box.commit('avro');
    box.git(['clone', '-q', 'repo', 'avro-clone'], '.');
    const cloned = await box.later(add('avro', '--to', 'data/avro'), 'avro-clone');
    expect([cloned.code, cloned.err]).toEqual([2, expect.stringContaining('varve trust')]);
    // Every command that is printed has the registry.
    await broker.admin.deleteTopics({ topics: ['avro'] });
    for (;;) {
      await sleep(300);
      if (!(await broker.admin.listTopics()).includes('avro')) break;
    }
    await broker.create('avro');
    await broker.send('avro', [written(1)]);
    const anew = await box.later(['update', 'data/avro']);
    expect(anew.err).toContain(`/avro --registry ${registry.url} --to FOLDER\``);
    await registry.stop();
  });

  test('compressed messages are read', async () => {
    // The broker packs what comes as its topic says.
    for (const type of ['gzip', 'snappy', 'lz4', 'zstd']) {
      await broker.create(type, 1, { 'compression.type': type });
      const messages = Array.from({ length: 500 }, (_, id) => ({ value: event(id) }));
      await broker.send(type, messages);
      const { code, out, err } = await box.later(add(type, '--to', `packed/${type}`));
      expect([code, out], err).toEqual([0, expect.stringContaining('500 rows')]);
      expect(await read(`packed/${type}/*.parquet`)).toEqual(
        messages.map((_, id) => `${id} ${id / 2} k${id % 3}`),
      );
    }
  });

  test('a snapshot that was killed goes on where it was, and is the same bytes', async () => {
    await broker.create('long');
    const padding = 'x'.repeat(200);
    await broker.send(
      'long',
      Array.from({ length: 160_000 }, (_, id) => ({ value: event(id, { padding }) })),
    );
    const words = [BINARY, ...add('long', '--to', 'data/long')];
    const child = spawn(process.execPath, words, { cwd: box.path('repo'), env: box.env, stdio: 'ignore' });
    const ended = once(child, 'close');
    const streams = box.path('repo/.varve/streams');
    const next = (): number => {
      const [name] = existsSync(streams) ? readdirSync(streams) : [];
      const state = name === undefined ? '' : box.path('repo/.varve/streams', name, 'state.json');
      return existsSync(state) ? JSON.parse(readFileSync(state, 'utf8')).partitions[0].next : 0;
    };
    while (next() === 0 && child.exitCode === null) await sleep(5);
    child.kill('SIGKILL');
    await ended;
    expect(next()).toBeGreaterThan(0);
    expect(next()).toBeLessThan(160_000);
    const { out } = await box.later(add('long', '--to', 'data/long'));
    expect(out).toMatch(/^new +data\/long {2}160,000 rows/);
    expect(existsSync(streams) ? readdirSync(streams) : []).toEqual([]);
    await box.later(add('long', '--to', 'data/again'));
    const name = 'long+0+0000000000+0000160000.parquet';
    const bytes = (folder: string) => readFileSync(box.path('repo/data', folder, name));
    expect(bytes('long').equals(bytes('again'))).toBe(true);

    // Whoever ends it is told nothing of the broker, and the next run goes on.
    const asked = [BINARY, ...add('long', '--to', 'data/asked')];
    const other = spawn(process.execPath, asked, { cwd: box.path('repo'), env: box.env });
    let said = '';
    other.stderr.on('data', (text: Buffer) => {
      said += text;
    });
    const closed = once(other, 'close');
    while (next() === 0 && other.exitCode === null) await sleep(5);
    other.kill('SIGINT');
    expect(await closed).toEqual([130, null]);
    expect(said).not.toMatch(/^ {4}at |kafka:.* (says|does not)/m);
    expect((await box.later(add('long', '--to', 'data/asked'))).out).toContain('160,000 rows');
    expect(bytes('long').equals(bytes('asked'))).toBe(true);
  });

  test('TLS and SASL come from variables or a file, and are not shown', async () => {
    await broker.create('secure');
    await broker.send('secure', [{ value: event(1) }]);
    const words = ['add', `kafka://${broker.secure}/secure`, '--to', 'data/secure', '--json'];
    const run = async (env: Record<string, string>) => {
      Object.assign(box.env, env);
      const result = await box.later(words);
      for (const name of Object.keys(env)) delete box.env[name];
      expect(result.out + result.err).not.toContain('hush');
      return JSON.parse(result.out);
    };
    const login = { KAFKA_SASL_USERNAME: 'ann', KAFKA_SASL_PASSWORD: users.ann };
    const ca = { KAFKA_SSL_CA_LOCATION: box.path('tls/cert') };
    expect((await run(login)).error.code).toBe('tls-refused');
    expect((await run({ ...login, ...ca, KAFKA_SASL_PASSWORD: 'hush' })).error.code).toBe('stream-refused');
    expect((await run({ KAFKA_SECURITY_PROTOCOL: 'SASL_SSL' })).error.code).toBe('stream-settings-invalid');
    expect((await run({ ...login, ...ca })).datasets[0].rows).toBe(1);
    const file = box.write(
      'kafka.conf',
      `security.protocol=SASL_SSL\nsasl.mechanism=SCRAM-SHA-512\nsasl.username=ann\nsasl.password=${users.ann}\nssl.ca.location=${box.path('tls/cert')}\n`,
    );
    expect((await run({ KCAT_CONFIG: file })).datasets[0].change).toBe('unchanged');
    expect(readFileSync(box.path('repo/data/secure.varve'), 'utf8')).not.toMatch(/ann|hush/);
  });

  test('each way to log in works, a wrong password is one message, and one in the clear is wanted and told', async () => {
    await broker.create('logins');
    await broker.send('logins', [{ value: event(1) }]);
    for (const protocol of ['SASL_SSL', 'SASL_PLAINTEXT'])
      for (const mechanism of ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']) {
        const address = protocol === 'SASL_SSL' ? broker.secure : broker.inTheClear;
        const to = `logins/${protocol}-${mechanism}`;
        const asked = async (password: string, more: Readonly<Record<string, string>> = {}) => {
          const env = {
            ...{ KAFKA_SECURITY_PROTOCOL: protocol, KAFKA_SASL_MECHANISM: mechanism },
            ...{ KAFKA_SASL_USERNAME: 'ann', KAFKA_SASL_PASSWORD: password },
            ...{ KAFKA_SSL_CA_LOCATION: box.path('tls/cert'), ...more },
          };
          Object.assign(box.env, env);
          const ended = await box.later(['add', `kafka://${address}/logins`, '--to', to]);
          for (const name of Object.keys(env)) delete box.env[name];
          expect(ended.out + ended.err).not.toMatch(/hush|^ {4}at /m);
          return ended;
        };
        const name = `${protocol} ${mechanism}`;
        const right = await asked(users.ann);
        expect([name, right.code, right.out], right.err).toEqual([name, 0, expect.stringContaining('1 row')]);
        const isClear = protocol === 'SASL_PLAINTEXT' && mechanism === 'PLAIN';
        expect(right.err.includes('travels in the clear'), name).toBe(isClear);
        const wrong = await asked('hush');
        expect([name, wrong.code], wrong.err).toEqual([name, 2]);
        expect(wrong.err.match(/lets this user not read/g), wrong.err).toHaveLength(1);
        // Nobody said that it may travel so: TLS is spoken, or the connection fails.
        const unsaid = await asked(users.ann, { KAFKA_SECURITY_PROTOCOL: '' });
        expect(unsaid.err, name).not.toContain('in the clear');
        expect([name, unsaid.code], unsaid.err).toEqual([name, protocol === 'SASL_SSL' ? 0 : 2]);
      }
  }, 300_000);

  test('a disk that is full, or a place that cannot be written, is not told as the fault of the broker', async (context) => {
    await broker.create('much');
    const padding = 'x'.repeat(500);
    await broker.send(
      'much',
      Array.from({ length: 20_000 }, (_, id) => ({ value: event(id, { padding }) })),
    );
    const disk = box.path('repo/.varve/streams');
    mkdirSync(disk, { recursive: true });
    const mount = (size: string): boolean =>
      spawnSync('sh', ['-c', `mount -t tmpfs -o size=${size} tmpfs '${disk}'`]).status === 0;
    if (!mount('2m')) context.skip('needs the right to mount a small file system: run the tests as root');
    const ask = async (...more: string[]) => {
      const { code, out, err } = await box.later([
        ...add('much', ...(more.length > 0 ? more : ['--to', 'data/much'])),
        '--json',
      ]);
      expect([code, out + err]).toEqual([2, expect.not.stringMatching(/^ {4}at |kafka:.* (says|does not)/m)]);
      return JSON.parse(out).error as { code: string; path: string };
    };
    try {
      expect(await ask()).toMatchObject({ code: 'disk-full', path: expect.stringContaining('streams') });
      spawnSync('sh', ['-c', `cat /dev/zero > '${join(disk, 'filler')}'`]);
      expect(await ask()).toMatchObject({ code: 'disk-full', path: expect.stringContaining('streams') });
    } finally {
      spawnSync('sh', ['-c', `umount '${disk}'`]);
    }
    box.write('repo/taken', 'a file');
    expect((await ask('--to', 'taken/much')).code).not.toMatch(/^(defect|stream)/);
    // What was there is no obstacle to the next run.
    expect((await box.later(add('much', '--to', 'data/much'))).out).toContain('20,000 rows');
  }, 120_000);

  test('a broker that is down for a while is waited for', async () => {
    await broker.create('broken');
    await broker.send('broken', [{ value: event(1) }]);
    const words = ['drift', 'data/secure', '--stream', `kafka://${broker.address}/broken`, '--window', '2'];
    const child = spawn(process.execPath, [BINARY, ...words, '--json'], {
      cwd: box.path('repo'),
      env: box.env,
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (text) => (out += text));
    child.stderr.on('data', (text) => (err += text));
    const ended = once(child, 'close');
    await sleep(3000);
    await broker.kill();
    while (!err.includes('trying again') && child.exitCode === null) await sleep(50);
    await broker.start();
    await broker.send('broken', [{ value: event(2) }]);
    while (!out.includes('\n') && child.exitCode === null) await sleep(50);
    child.kill('SIGINT');
    await ended;
    expect(err).toMatch(/does not answer \(.*\): trying again/);
    expect(err).toMatch(/answers again/);
    expect(JSON.parse(out)).toMatchObject({
      rows: 2,
      stream: { offsets: [{ partition: 0, from: 0, until: 2 }] },
    });
  });
});
