import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { describeWithMinio } from '../../support/minio.ts';
import { Sandbox } from '../../support/sandbox.ts';
import { TablesInBucket } from '../../support/tables-in-bucket.ts';
import { findRay, rayAlone } from './ray.ts';

const python = findRay();

describe.skipIf(python === undefined)(
  'Ray and data in place (skipped where VARVE_RAY_PYTHON names no Python that has ray)',
  () => {
    describeWithMinio('tasks of Ray', (server) => {
      const box = new Sandbox().repository();
      const data = new TablesInBucket(server, box);

      beforeAll(async () => {
        box.env.PATH = `${dirname(python!)}:${box.env.PATH}`;
        Object.assign(box.env, rayAlone(), server.env);
        await data.fill();
      }, 240_000);
      afterAll(() => box.remove());

      test('give it its statistics, and keep nothing of it', () => {
        data.addedBy(['--engine', 'ray', '--master', 'local', '--parts', '3']);
      }, 600_000);

      test('hold it against a schema and another version', () => {
        data.heldAgainst(['--engine', 'ray', '--master', 'local', '--parts', '2']);
      }, 600_000);
    });
  },
);
