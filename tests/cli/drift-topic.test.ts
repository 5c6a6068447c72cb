import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DriftWindow, StreamOffsets } from '../../src/drift/model.ts';
import { avro } from '../support/avro.ts';
import { describeWithKafka, type KafkaBroker, startKafka } from '../support/kafka.ts';
import { assertPublished } from '../support/published.ts';
import { refused } from '../support/refused.ts';
import { BINARY, Sandbox } from '../support/sandbox.ts';
import { startRegistry } from '../support/schema-registry.ts';

const box = new Sandbox();
beforeAll(() => {
  box.repository();
  const rows = Array.from({ length: 1000 }, (_, at) => `${at},${(at % 50) * 2},${'ABCD'[at % 4]}`);
  box.write('repo/rides.csv', `id,fare,zone\n${rows.join('\n')}\n`);
  box.ok(['add', 'rides.csv']);
});
afterAll(() => box.remove());

/** A ride as the dataset has them, unless something of it is changed. */
function ride(at: number, changed: object = {}): Record<string, unknown> {
  return { id: at, fare: (at % 50) * 2, zone: 'ABCD'[at % 4], ...changed };
}

/** A command that may be killed before its end. */
function started(words: readonly string[]): ChildProcessByStdio<null, Readable, null> {
  return spawn(process.execPath, [BINARY, ...words], {
    cwd: box.path('repo'),
    env: box.env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

function windowsOf(out: string): DriftWindow[] {
  const windows = out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as DriftWindow);
  for (const window of windows) assertPublished('drift-window', window);
  return windows;
}

test('what names no topic, or would show a password, is refused before a connection', () => {
  const drift = (url: string, ...more: string[]) => ['drift', 'rides.csv', '--stream', url, ...more];
  refused(box, drift('kafka://ann:hush@broker/rides'), 'stream-url-invalid', '');
  expect(box.varve(drift('kafka://ann:hush@broker/rides')).err).not.toContain('hush');
  refused(box, drift('kafka://broker'), 'stream-url-invalid', '');
  refused(box, drift('kafka://broker:0/rides'), 'stream-url-invalid', '');
  refused(box, drift('kafka://broker/a/b'), 'stream-url-invalid', '');
  refused(box, drift('kafka://broker/rides', '--from', 'yesterday'), 'usage', 'yesterday');
  refused(box, drift('kafka://broker/rides', '--window', '0'), 'usage', '0');
  refused(box, drift('kafka://broker/rides', '--lateness', '5m'), 'usage', '');
  refused(box, drift('kafka://broker/rides', '--registry', 'ftp://registry'), 'stream-settings-invalid', '');
  refused(box, ['drift', 'rides.csv', 'rides.csv', '--group', 'x'], 'usage', '');
  refused(box, ['drift', 'rides.csv', '--stream', '-', '--from', 'latest'], 'usage', '');
  refused(box, drift('kafka://127.0.0.1:1/rides'), 'stream-unreachable', '');
});

test.each(['', '\n\n'])('a stream without a line passes no check', (text) => {
  box.write('repo/empty.jsonl', text);
  const words = ['drift', 'rides.csv', '--stream', 'empty.jsonl'];
  refused(box, words, 'input-empty', 'nothing was compared');
  refused(box, [...words, '--window', '15m', '--event-time', 'at'], 'input-empty', 'nothing was compared');
});

test('lines are put into windows by the time of each, and what is late or no row is counted', () => {
  const minute = (at: number) => new Date(Date.UTC(2026, 0, 1, 0, at)).toISOString();
  const lines = [
    ...Array.from({ length: 300 }, (_, at) => JSON.stringify(ride(at, { at: minute(at / 20) }))),
    'no row',
    JSON.stringify(ride(1, { at: null })),
    JSON.stringify(ride(1, { at: '2999-01-01T00:00:00Z' })),
    ...Array.from({ length: 300 }, (_, at) =>
      JSON.stringify(ride(at, { at: minute(15 + at / 20), fare: 900 })),
    ),
    JSON.stringify(ride(1, { at: minute(1) })),
    JSON.stringify(ride(1, { at: minute(40) })),
  ];
  box.write('repo/rides.jsonl', `${lines.join('\n')}\n`);
  const words = ['drift', 'rides.csv', '--stream', 'rides.jsonl', '--window', '15m', '--event-time', 'at'];
  const { code, out, err } = box.varve([...words, '--lateness', '5m', '--json']);
  expect(code).toBe(1);
  const windows = windowsOf(out);
  expect(windows.map(({ rows, stream }) => [rows, stream])).toEqual([
    [300, { since: minute(0), until: minute(15), malformed: 3, late: 0 }],
    [300, { since: minute(15), until: minute(30), malformed: 0, late: 1 }],
    [1, { since: minute(30), until: minute(45), malformed: 0, late: 0 }],
  ]);
  expect(windows[1]!.features.map(({ feature }) => feature)).toContain('fare');
  expect(err).toMatch(/Line 301 is left out, and others like it are counted: it is no JSON/);
  expect(box.varve(words).out).toMatch(/window 1, 300 rows, 2026-01-01T00:00:00.000Z to .*, 3 malformed:/);
});

test.each([['late.jsonl'], ['-'], ['kafka://127.0.0.1:1/rides']])(
  'of %s, a time that the version has no column for is told before anything is read, and is no error',
  async (source) => {
    box.write('repo/late.jsonl', `${JSON.stringify(ride(1, { zona: '2026-01-01T00:00:00Z' }))}\n`);
    const words = ['drift', 'rides.csv', '--stream', source, '--window', '15m', '--event-time'];
    const told = async (column: string) =>
      source === '-'
        ? box.run('sh', ['-c', `"$@" < late.jsonl`, 'sh', process.execPath, BINARY, ...words, column]).err
        : (await box.later([...words, column])).err;
    expect(await told('zona')).toMatch(
      /^varve: rides.csv has no column zona \(did you mean zone\?\): --event-time is of the stream alone/,
    );
    expect(await told('zone')).not.toContain('--event-time is of');
  },
  60_000,
);

describeWithKafka(() => {
  let broker: KafkaBroker;
  beforeAll(async () => {
    broker = await startKafka();
  }, 120_000);
  afterAll(() => broker.stop());

  const stream = (topic: string, ...more: string[]) => [
    'drift',
    'rides.csv',
    '--stream',
    `kafka://${broker.address}/${topic}`,
    ...more,
  ];

  test('a window in which no row could be read is no report, and leaves its messages to a corrected command', async () => {
    await broker.create('misspelt', 1);
    const times = Array.from({ length: 200 }, (_, at) => new Date(1_750_000_000_000 + at * 1000));
    const value = (at: Date, id: number) => JSON.stringify(ride(id, { at: at.toISOString() }));
    await broker.send(
      'misspelt',
      times.map((at, id) => ({ value: value(at, id), partition: 0 })),
    );
    const words = (field: string) =>
      stream('misspelt', '--window', '15m', '--event-time', field, '--until', 'latest', '--json');
    const wrong = await box.later(words('att'));
    expect(wrong.code).toBe(2);
    expect(JSON.parse(wrong.out).error).toMatchObject({
      code: 'input-empty',
      message: expect.stringMatching(/200 messages.*the field att \(--event-time\)/),
    });
    const right = await box.later(words('at'));
    const rows = windowsOf(right.out).reduce((sum, window) => sum + window.rows, 0);
    expect(rows, right.err).toBe(200);
  });

  test('a topic is compared window by window, and a second run goes on where the first ended', async () => {
    await broker.create('rides', 2);
    const value = (at: number, changed?: object) => JSON.stringify(ride(at, changed));
    await broker.send('rides', [
      ...Array.from({ length: 400 }, (_, at) => ({ value: value(at), partition: at % 2 })),
      { value: '{"cut', partition: 0 },
      { value: null, partition: 0 },
      ...Array.from({ length: 199 }, (_, at) => ({ value: value(at, { fare: 900 }), partition: 1 })),
    ]);
    const words = stream('rides', '--window', '200', '--until', 'latest', '--prometheus', 'rides.prom');
    const first = await box.later([...words, '--json']);
    expect([first.err, first.code]).toEqual([expect.stringMatching(/is left out/), 1]);
    const windows = windowsOf(first.out);
    expect(windows.map(({ window, rows }) => [window, rows])).toEqual([
      [1, 200],
      [2, 200],
      [3, 199],
    ]);
    expect(windows.reduce((sum, one) => sum + one.stream!.malformed, 0)).toBe(2);
    expect(windows.at(-1)!.stream!.lag).toBe(0);
    expect(windows[0]!.stream!.lag).toBe(601 - 200 - windows[0]!.stream!.malformed);
    const metrics = readFileSync(box.path('repo/rides.prom'), 'utf8');
    expect(metrics).toMatch(/^varve_stream_lag\{dataset="rides.csv",partition="1"\} 0$/m);

    await broker.send('rides', [
      { value: value(1), partition: 0 },
      { value: value(2), partition: 1 },
    ]);
    const second = await box.later(words);
    expect(second.out).toMatch(/window 4, 2 rows, lag 0:/);
    const other = await box.later([...words, '--group', 'other', '--from', '0:201,1:399', '--json']);
    expect(windowsOf(other.out).map(({ rows }) => rows)).toEqual([2]);
    expect((await box.later(stream('none', '--json'))).out).toContain('topic-missing');
    // What came is compared already: nothing is left that could pass.
    const third = await box.later([...words, '--json']);
    expect([third.code, JSON.parse(third.out).error.code]).toEqual([2, 'input-empty']);
    const named = (from: string) =>
      stream('rides', '--group', `g${from}`, '--from', from, '--until', 'latest');
    const wrong = await box.later(named('0:10,7:3'));
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringMatching(/partition 7[\s\S]*which are 0, 1/)]);
    expect((await box.later(named('0:200'))).err).toMatch(
      /--from does not name 1 partition \(1\): they begin with what comes from now on/,
    );
  });

  test('a beginning that the topic has no more, or not yet, is told', async () => {
    await broker.create('old', 2);
    const messages = Array.from({ length: 12 }, (_, at) => ({
      value: JSON.stringify(ride(at)),
      partition: at % 2,
    }));
    await broker.send('old', messages);
    await broker.admin.fetchTopicOffsets('old');
    await broker.admin.deleteTopicRecords({ topic: 'old', partitions: [{ partition: 1, offset: '4' }] });
    const from = async (place: string, ...more: string[]) =>
      box.later(
        stream(
          'old',
          '--group',
          `from-${place.replace(/\W/g, '')}`,
          '--from',
          place,
          '--until',
          'latest',
          ...more,
        ),
      );
    const deleted = /has deleted 3 messages of partition 1 that were not read: from offset 1 up to 4\n/;
    const early = await from('1', '--json');
    expect([early.err, windowsOf(early.out).map(({ rows }) => rows)]).toEqual([
      expect.stringMatching(deleted),
      [7],
    ]);
    expect(early.err).not.toContain('partition 0');
    // What the group has read since is not asked for again.
    expect((await from('1')).err).not.toMatch(deleted);
    const ahead = await from('0:5,1:99', '--json');
    expect(ahead.err).toContain(
      '--from names offset 99 of partition 1, which goes up to 6 now: it begins there',
    );
    expect(windowsOf(ahead.out).map(({ rows }) => rows)).toEqual([1]);
    const never = await from('2999-01-01');
    expect([never.code, never.err]).toEqual([
      2,
      expect.stringContaining('--from 2999-01-01T00:00:00.000Z lies ahead: no message is as late yet'),
    ]);
    expect((await from('earliest')).err).toBe('');

    const url = `kafka://${broker.address}/old`;
    const taken = await box.later(['add', url, '--from', '1', '--to', 'data/old', '--json']);
    expect(taken.err).toMatch(/partition 1 that were not taken: from offset 1 up to 4\n/);
    expect(JSON.parse(taken.out).datasets).toMatchObject([
      { rows: 7, deleted: [{ partition: 1, from: 1, until: 4 }] },
    ]);
    const part = await box.later([
      'add',
      url,
      '--from',
      '1',
      '--until',
      '0:6,1:3',
      '--to',
      'data/part',
      '--json',
    ]);
    expect(JSON.parse(part.out).datasets).toMatchObject([
      { rows: 5, deleted: [{ partition: 1, from: 1, until: 3 }] },
    ]);
    const none = ['add', url, '--from', '99', '--to', 'data/none'];
    expect(refused(box, none, 'input-empty', '')).toContain('--from names offset 99 of partition 0');
    const open = ['add', url, '--until', '7', '--to', 'data/open'];
    expect((await box.later(open)).err).toContain(
      'names offset 7 of partition 0, which goes up to 6 now: it ends',
    );
    expect((await box.later(['update', 'data/open'])).err).toBe('');
  });

  test('rows of a topic that lie behind the watermark are counted and told', async () => {
    await broker.create('late');
    const minute = (at: number) => new Date(Date.UTC(2026, 0, 1, 0, at)).toISOString();
    const at = (time: string, id = 1) => ({ value: JSON.stringify(ride(id, { at: time })) });
    await broker.send('late', [
      ...Array.from({ length: 300 }, (_, id) => at(minute(id / 20), id)),
      ...Array.from({ length: 300 }, (_, id) => at(minute(15 + id / 20), id)),
      ...[at(minute(1)), at(minute(14)), at(minute(40)), at(minute(2))],
    ]);
    const words = stream('late', '--window', '15m', '--event-time', 'at', '--lateness', '5m');
    const { out, err } = await box.later([...words, '--until', 'latest', '--json']);
    const windows = windowsOf(out);
    expect(windows.map(({ rows, stream: { late } = {} }) => [rows, late])).toEqual([
      [300, 0],
      [300, 2],
      [1, 1],
    ]);
    expect(err).not.toContain('no row');
    // The next run of the group has nothing but what is late: that is told too.
    await broker.send('late', [at(minute(3)), at(minute(4))]);
    const next = await box.later([...words, '--until', 'latest']);
    expect(next.out + next.err).toMatch(/2 came too late|2 late/);
  });

  test('a kill at any time loses no message, and counts none in two windows', async () => {
    await broker.create('killed', 2);
    const rows = 4000;
    await broker.send(
      'killed',
      Array.from({ length: rows }, (_, at) => ({ value: JSON.stringify(ride(at)), partition: at % 2 })),
    );
    const reports = new Map<number, DriftWindow>();
    const words = stream('killed', '--window', '250', '--until', 'latest', '--json');
    for (let run = 0; run < 4; run++) {
      const child = started(words);
      const ended = once(child, 'close');
      let seen = 0;
      // Now before, now after the commit of the window that was reported last.
      for await (const line of createInterface({ input: child.stdout })) {
        const window = JSON.parse(line) as DriftWindow;
        reports.set(window.window, window);
        if (++seen === 3 && run < 2) child.kill('SIGKILL');
      }
      const [code] = (await ended) as [number | null];
      if (code !== null) break;
    }
    const windows = [...reports.values()];
    expect(windows.map(({ window }) => window)).toEqual(windows.map((_, at) => at + 1));
    expect(windows.reduce((sum, window) => sum + window.rows, 0)).toBe(rows);
    for (const partition of [0, 1]) {
      const ranges = windows
        .map(({ stream: of }) => of!.offsets!.find((one) => one.partition === partition)!)
        .filter(({ from, until }) => from < until)
        .map(({ from, until }: StreamOffsets) => [from, until]);
      expect(ranges.map(([from]) => from)).toEqual([0, ...ranges.slice(0, -1).map(([, until]) => until)]);
      expect(ranges.at(-1)![1]).toBe(rows / 2);
    }
  });

  /** What a reader has of all lines of a group: of two that share offsets, that of the higher generation. */
  function merged(windows: readonly DriftWindow[]): DriftWindow[] {
    const sharesOffsets = (one: DriftWindow, other: DriftWindow): boolean =>
      one.stream!.since === other.stream!.since &&
      one.stream!.offsets!.some(({ partition, from, until }) =>
        other.stream!.offsets!.some(
          (its) => its.partition === partition && its.from < until && from < its.until,
        ),
      );
    return windows.filter(
      (one) =>
        !windows.some(
          (other) => other.stream!.generation! > one.stream!.generation! && sharesOffsets(one, other),
        ),
    );
  }

  test.each([
    ['rows', ['--window', '250']],
    ['minutes', ['--window', '15m', '--event-time', 'at']],
  ])(
    'of two members of a group, of which one is killed, the lines lose no message (windows of %s)',
    async (kind, more) => {
      const topic = `members-${kind}`;
      await broker.create(topic, 4);
      const rows = 8000;
      const at = (one: number) => new Date(Date.UTC(2026, 0, 1) + one * 1000).toISOString();
      await broker.send(
        topic,
        Array.from({ length: rows }, (_, one) => ({
          value: JSON.stringify(ride(one, { at: at(one) })),
          partition: one % 4,
        })),
      );
      const lines: DriftWindow[] = [];
      const words = stream(topic, ...more, '--until', 'latest', '--json');
      const member = async (killedAfter?: number): Promise<void> => {
        const child = started(words);
        const ended = once(child, 'close');
        let seen = 0;
        for await (const line of createInterface({ input: child.stdout })) {
          // The third may have nothing left to compare, and says so.
          if (!line.startsWith('{"varveDriftWindow"')) continue;
          lines.push(...windowsOf(line));
          if (++seen === killedAfter) child.kill('SIGKILL');
        }
        await ended;
      };
      await Promise.all([member(2), member()]);
      // The one that is left may have ended with its own partitions, before it was given those of the other.
      await member();
      const windows = merged(lines);
      expect(windows.reduce((sum, window) => sum + window.rows, 0)).toBe(rows);
      if (kind === 'minutes') return;
      for (const partition of [0, 1, 2, 3]) {
        const ranges = windows
          .flatMap(({ stream: of }) => of!.offsets!.filter((one) => one.partition === partition))
          .filter(({ from, until }) => from < until)
          .sort((a, b) => a.from - b.from);
        expect(ranges.map(({ from }) => from)).toEqual([0, ...ranges.slice(0, -1).map(({ until }) => until)]);
        expect(ranges.at(-1)!.until).toBe(rows / 4);
      }
    },
    120_000,
  );

  test('values of Avro are read by the schemas of a registry, which is waited for', async () => {
    const schema = (more: readonly object[]) => ({
      type: 'record',
      name: 'Ride',
      fields: [
        { name: 'id', type: 'long' },
        { name: 'fare', type: ['null', 'double'] },
        { name: 'zone', type: 'string' },
        ...more,
      ],
    });
    const at = { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } };
    const registry = await startRegistry(
      {
        1: { schema: JSON.stringify(schema([at])) },
        2: {
          schema: JSON.stringify(schema([at, { name: 'where', type: ['null', 'demo.Place'] }])),
          references: [{ name: 'demo.Place', subject: 'place', version: 1 }],
        },
        3: { schema: '{}', schemaType: 'PROTOBUF' },
        4: { schema: '{"type":"object"}', schemaType: 'JSON' },
      },
      {
        'place:1': {
          schema: JSON.stringify({
            type: 'record',
            namespace: 'demo',
            name: 'Place',
            fields: [{ name: 'city', type: 'string' }],
          }),
        },
      },
      2,
    );
    const wire = (id: number, ...parts: Uint8Array[]) => {
      const head = Buffer.alloc(5);
      head.writeUInt32BE(id, 1);
      return { value: Buffer.concat([head, ...parts]) };
    };
    const start = Date.UTC(2026, 0, 1);
    const fields = (one: number) => [
      avro.long(one),
      avro.long(1),
      avro.double((one % 50) * 2),
      avro.text('ABCD'[one % 4]!),
      avro.long(start + one * 6000),
    ];
    await broker.create('avro');
    await broker.send('avro', [
      ...Array.from({ length: 150 }, (_, one) => wire(1, ...fields(one))),
      wire(1, avro.long(7)),
      wire(9),
      wire(3),
      ...Array.from({ length: 150 }, (_, one) =>
        wire(2, ...fields(150 + one), avro.long(1), avro.text('Bern')),
      ),
    ]);
    const words = stream('avro', '--until', 'latest', '--registry', registry.url, '--json');
    box.env.SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO = 'ann:hush';
    const { out, err } = await box.later([...words, '--window', '15m', '--event-time', 'at']);
    delete box.env.SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO;
    const windows = windowsOf(out);
    expect(windows.map(({ rows, stream: of }) => [rows, of!.malformed, of!.since])).toEqual([
      [150, 3, '2026-01-01T00:00:00.000Z'],
      [150, 0, '2026-01-01T00:15:00.000Z'],
    ]);
    expect(windows[1]!.added.map(({ feature }) => feature)).toContain('where.city');
    expect(
      windows[0]!.features.filter(({ feature, verdict }) => feature !== 'id' && verdict === 'drift'),
    ).toEqual([]);
    expect(err).toMatch(/does not answer \(status 503\): trying again/);
    expect(err).not.toContain('hush');
    expect(registry.logins[0]).toBe(`Basic ${Buffer.from('ann:hush').toString('base64')}`);
    await registry.stop();
  });
});
