import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DriftWindow } from '../../../src/drift/model.ts';
import { avro } from '../../support/avro.ts';
import { type KafkaBroker, startKafka } from '../../support/kafka.ts';
import { Sandbox } from '../../support/sandbox.ts';
import { freePort, program, ServerProcess } from '../../support/server-process.ts';

/** A folder with Apicurio Registry 2.6, as its archive of Maven Central has it. */
const folder = process.env.VARVE_REGISTRY;
const runner =
  folder !== undefined && existsSync(folder)
    ? readdirSync(folder).find((name) => name.endsWith('-runner.jar'))
    : undefined;
const jars = process.env.VARVE_KAFKA;
const java = program('', 'java');
const isHere = java !== undefined && runner !== undefined && jars !== undefined && existsSync(jars);

const PLACE = {
  type: 'record',
  namespace: 'demo',
  name: 'Place',
  fields: [{ name: 'city', type: 'string' }],
};
const FIELDS = [
  { name: 'id', type: 'long' },
  { name: 'fare', type: 'double' },
];
const WHERE = { name: 'where', type: ['null', 'demo.Place'], default: null };
const rideOf = (...more: object[]) => ({ type: 'record', name: 'Ride', fields: [...FIELDS, ...more] });

describe.skipIf(!isHere)(
  'Apicurio Registry (skipped where VARVE_REGISTRY or VARVE_KAFKA name no folder of jars, or there is no java)',
  () => {
    const box = new Sandbox().repository();
    let broker: KafkaBroker;
    let registry: ServerProcess;
    let url: string;
    beforeAll(async () => {
      const port = await freePort();
      url = `http://127.0.0.1:${port}/apis/ccompat/v7`;
      const settings = [`-Dquarkus.http.port=${port}`, '-Dquarkus.http.host=127.0.0.1'];
      registry = new ServerProcess([java!, '-Xmx400m', ...settings, '-jar', join(folder!, runner!)]);
      broker = await startKafka();
      await registry.listening(port);
      const rows = Array.from({ length: 1000 }, (_, at) => `${at},${(at % 50) * 2}`);
      box.write('repo/rides.csv', `id,fare\n${rows.join('\n')}\n`);
      box.ok(['add', 'rides.csv']);
    }, 240_000);
    afterAll(async () => {
      await broker?.stop();
      registry?.stop();
      box.remove();
    });

    async function ask(method: string, path: string, body?: object): Promise<{ id: number }> {
      const response = await fetch(url + path, {
        method,
        headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
        ...(body && { body: JSON.stringify(body) }),
      });
      if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
      return (await response.json()) as { id: number };
    }
    const register = async (subject: string, schema: object, references: object[] = []): Promise<number> =>
      (await ask('POST', `/subjects/${subject}/versions`, { schema: JSON.stringify(schema), references })).id;
    const message = (id: number, ...parts: Uint8Array[]) => {
      const head = Buffer.alloc(5);
      head.writeUInt32BE(id, 1);
      return { value: Buffer.concat([head, ...parts]) };
    };
    const ride = (at: number) => [avro.long(at), avro.double((at % 50) * 2)];

    test('schemas that evolve, refer to others and are deleted are read by their ids', async () => {
      await register('place', PLACE);
      const first = await register('rides-value', rideOf());
      const second = await register('rides-value', rideOf(WHERE), [
        { name: 'demo.Place', subject: 'place', version: 1 },
      ]);
      const gone = await register('old-value', rideOf({ name: 'old', type: 'boolean', default: false }));
      await broker.create('rides');
      await broker.send('rides', [
        ...Array.from({ length: 200 }, (_, at) => message(first, ...ride(at))),
        ...Array.from({ length: 200 }, (_, at) =>
          message(second, ...ride(200 + at), avro.long(1), avro.text('Bern')),
        ),
        ...Array.from({ length: 200 }, (_, at) => message(gone, ...ride(400 + at), Buffer.from([1]))),
      ]);
      const stream = ['drift', 'rides.csv', '--stream', `kafka://${broker.address}/rides`, '--window', '200'];
      const drift = async (): Promise<DriftWindow[]> => {
        const group = `readers-${Date.now()}`;
        const words = [...stream, '--until', 'latest', '--registry', url, '--group', group, '--json'];
        const { out } = await box.later(words);
        return out
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as DriftWindow);
      };
      const windows = await drift();
      expect(windows.map(({ rows }) => rows)).toEqual([200, 200, 200]);
      expect(windows.map(({ added }) => added.map(({ feature }) => feature))).toEqual([
        [],
        expect.arrayContaining(['where.city']),
        ['old'],
      ]);

      // A subject that is deleted keeps its schemas by their ids, until it is deleted for good.
      await ask('DELETE', '/subjects/old-value');
      expect((await drift()).map(({ rows }) => rows)).toEqual([200, 200, 200]);

      const add = ['add', `kafka://${broker.address}/rides`, '--registry', url, '--to', 'data/rides'];
      const added = await box.later(add);
      expect([added.code, added.out], added.err).toEqual([0, expect.stringMatching(/600 rows/)]);
      expect(readFileSync(box.path('repo/data/rides.varve'), 'utf8')).toContain(`/rides`);
      const connection = await (await DuckDBInstance.create()).connect();
      const rows = await connection.runAndReadAll(
        `SELECT count(*), sum(id), sum(fare), count("where".city), count_if(old) FROM read_parquet('${box.path('repo/data/rides')}/**/*.parquet', union_by_name = true)`,
      );
      expect(rows.getRows()[0]!.map(String)).toEqual(['600', '179700', '29400', '200', '200']);

      await ask('DELETE', '/subjects/old-value?permanent=true');
      const left = await drift();
      expect(left.map(({ rows: one }) => one)).toEqual([200, 200]);
      const lost = await box.later([
        ...['add', `kafka://${broker.address}/rides`, '--registry', url, '--to', 'data/again'],
      ]);
      expect(lost.out + lost.err).toContain('has no schema');
    }, 240_000);
  },
);
