import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import type { AddResult } from '../../../src/index.ts';
import { Sandbox } from '../../support/sandbox.ts';
import { program, ServerProcess } from '../../support/server-process.ts';

/** Folders with the jars of Apache Flume 1.11, its HDFS sink, and Hadoop. */
const jars = [process.env.VARVE_FLUME, process.env.VARVE_HADOOP];
const java = program('', 'java');
const isHere = java !== undefined && jars.every((folder) => folder !== undefined && existsSync(folder));

describe.skipIf(!isHere)(
  'Apache Flume (skipped where VARVE_FLUME and VARVE_HADOOP name no folders of its jars, or there is no java)',
  () => {
    const box = new Sandbox().repository();
    afterAll(() => box.remove());

    test('what its sinks write is a version while they write, without the files in progress', async () => {
      // As docs/guide/streams.md has it.
      const conf = box.write(
        'agent.conf',
        `a.sources = rides
a.channels = memory other
a.sinks = hdfs files
a.sources.rides.type = spooldir
a.sources.rides.spoolDir = ${box.path('spool')}
a.sources.rides.channels = memory other
a.channels.memory.type = memory
a.channels.other.type = memory
a.sinks.hdfs.type = hdfs
a.sinks.hdfs.channel = memory
a.sinks.hdfs.hdfs.path = file://${box.path('repo/data/rides')}
a.sinks.hdfs.hdfs.fileType = DataStream
a.sinks.hdfs.hdfs.fileSuffix = .jsonl
a.sinks.hdfs.hdfs.inUsePrefix = .
a.sinks.hdfs.hdfs.rollCount = 40
a.sinks.hdfs.hdfs.rollInterval = 0
a.sinks.hdfs.hdfs.rollSize = 0
a.sinks.files.type = file_roll
a.sinks.files.channel = other
a.sinks.files.sink.directory = ${box.path('repo/data/files')}
a.sinks.files.sink.pathManager.extension = jsonl
a.sinks.files.sink.rollInterval = 2
`,
      );
      box.write('repo/.varveignore', '.*\n');
      box.write('repo/data/files/.keep', '');
      const rows = Array.from({ length: 100 }, (_, id) => `${JSON.stringify({ id, fare: id / 2 })}\n`);
      box.write('spool/rides.jsonl', rows.join(''));
      const classes = jars.map((folder) => join(folder!, '*')).join(delimiter);
      const words = ['-Xmx256m', '-cp', classes, 'org.apache.flume.node.Application', '-n', 'a', '-f', conf];
      const agent = new ServerProcess([java!, ...words], { cwd: box.root });
      const named = (folder: string, pattern: RegExp) =>
        existsSync(box.path('repo/data', folder))
          ? readdirSync(box.path('repo/data', folder)).filter((name) => pattern.test(name))
          : [];
      try {
        while (named('rides', /^FlumeData\.\d+\.jsonl$/).length < 2 || named('files', /\.jsonl$/).length < 2)
          await sleep(100);
        expect(named('rides', /^\..*\.tmp$/)).toHaveLength(1);
        const { datasets } = box.json<AddResult>(['add', 'data/rides']);
        expect(datasets).toMatchObject([{ rows: 80, files: 2 }]);
        // Files of an interval without messages are empty.
        expect(box.ok(['add', 'data/files'])).toMatch(/100 rows/);
      } finally {
        agent.stop();
      }
    });
  },
);
