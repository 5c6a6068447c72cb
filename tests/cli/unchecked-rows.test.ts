import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CheckResult } from '../../src/operations/check.ts';
import type { ValidationReport } from '../../src/schema/anomaly.ts';
import { writeParquet } from '../support/parquet.ts';
import { Sandbox } from '../support/sandbox.ts';
import { describeWithWeb } from '../support/web-server.ts';

const SCHEMA =
  'varveSchema: 1\nexpect:\n  - fare >= 0\nfeatures:\n  id: { type: integer }\n  fare: { type: float }\n';

/** Of an anomaly, what a gate looks at. */
const told = ({ valid, unchecked, anomalies }: ValidationReport) => ({
  valid,
  unchecked,
  anomalies: anomalies.map(({ kind, severity, observed }) => `${kind} ${severity}: ${observed}`),
});
const NOT_MADE = (severity: string) => ({
  ...{ valid: severity !== 'error', unchecked: 1 },
  anomalies: [`STATS_NOT_AVAILABLE ${severity}: not known`],
});
const FAILED = {
  ...{ valid: false, unchecked: undefined },
  anomalies: ['CUSTOM_VALIDATION error: 1 row of 3 (33.3 %)'],
};

describeWithWeb('checks of rows that nobody has read here', (server) => {
  let box: Sandbox;
  beforeAll(() => {
    box = new Sandbox().repository().withRemote();
    box.write('served/rides/a.csv', 'id,fare\n1,2.5\n2,-1.0\n3,4.0\n');
    cpSync(box.path('served'), server.root, { recursive: true });
    box.ok(['add', `${server.url}/rides/`, '--to', 'data/rides', '--statistics', 'full']);
    box.write('repo/data/rides.schema.yaml', SCHEMA);
    box.commit('rides');
    box.ok(['push']);
    box.clone('repo', 'clone');
    box.ok(['fetch', '--profiles-only'], 'clone');
  });
  afterAll(() => box?.remove());

  const validated = (code: number, ...words: string[]) => {
    const { code: ended, out, err } = box.varve(['validate', ...words, '--json'], 'clone');
    expect(ended, out + err).toBe(code);
    return JSON.parse(out) as ValidationReport;
  };
  const shown = (...words: string[]) => box.varve(['validate', 'data/rides', ...words], 'clone').out;

  test('are told with the whole command that makes them, which does', () => {
    expect(told(validated(0, 'data/rides'))).toEqual(NOT_MADE('warning'));
    const { out } = box.varve(['validate', 'data/rides', '--schema', 'data/rides.schema.yaml'], 'clone');
    expect(out).toMatch(/^! data\/rides: no anomalies, and 1 check not made against /);
    const [, command] = /`varve (validate [^`]*)`/.exec(out.replaceAll(/\n\s*/g, ' ')) ?? [];
    expect(command).toBe('validate data/rides --schema data/rides.schema.yaml --engine local');
  });

  test('are no success of any kind: skipped to JUnit, told apart in the comment, a figure to Prometheus', () => {
    const junit = shown('--format', 'junit');
    expect(junit).toContain('skipped="1"');
    expect(junit).toMatch(
      /<testcase [^>]*STATS_NOT_AVAILABLE"><skipped message="[^"]*--engine local[^"]*"\/>/,
    );
    expect(shown('--format', 'sarif')).toMatch(/"level":\s*"warning"/);
    expect(shown('--format', 'markdown')).toContain('1 check not made');
    expect(shown('--format', 'prometheus')).toContain('varve_validation_unchecked{dataset="data/rides"} 1');
  });

  test('fail a gate that is strict, in each format alike', () => {
    expect(told(validated(1, 'data/rides', '--strict'))).toEqual(NOT_MADE('error'));
    expect(shown('--strict', '--format', 'junit')).toMatch(/failures="1"[^>]*skipped="0"/);
    expect(shown('--strict', '--format', 'sarif')).toMatch(/"level":\s*"error"/);
    // Whatever the schema only warns of stays a warning.
    box.write('clone/mild.yaml', SCHEMA.replace('- fare >= 0', '- { sql: fare >= 0, severity: warning }'));
    expect(told(validated(0, 'data/rides', '--schema', 'mild.yaml', '--strict'))).toEqual(
      NOT_MADE('warning'),
    );
  });

  test('are told by check as well, which says of no schema that it holds', () => {
    box.write('clone/data/rides.schema.yaml', `${SCHEMA}# read again\n`);
    box.commit('schema', 'clone');
    const words = ['check', '--base', 'HEAD~1'];
    const { datasets } = box.json<CheckResult>(words, 'clone');
    expect(datasets.map(({ validation }) => told(validation!))).toEqual([NOT_MADE('warning')]);
    const { code, out } = box.varve([...words, '--format', 'markdown'], 'clone');
    expect([code, out]).toEqual([0, expect.stringContaining('1 was not checked in full')]);
    expect(out).not.toContain('schema holds');
    const strict = box.json<CheckResult>([...words, '--strict'], 'clone', 1);
    expect(strict.datasets.map(({ validation }) => told(validation!))).toEqual([NOT_MADE('error')]);
  });

  test('are made of bytes that are here, be they in the cache alone, and of those that the engine named brings', () => {
    expect(told(validated(1, 'data/rides', '--engine', 'local'))).toEqual(FAILED);
    // That filled the cache.
    expect(told(validated(1, 'data/rides'))).toEqual(FAILED);
    expect(told(validated(1, 'data/rides@HEAD'))).toEqual(FAILED);
    box.json<CheckResult>(['check', '--base', 'HEAD~1'], 'clone', 1);
    box.ok(['pull', 'data/rides'], 'clone');
    expect(told(validated(1, 'data/rides', '--strict'))).toEqual(FAILED);
  });
});

describeWithWeb('a schema of data that nobody has read', (server) => {
  test('is not told to be had by what the engine just tried, where list and remote are missing', async () => {
    const box = new Sandbox().repository();
    mkdirSync(join(server.root, 'trips'), { recursive: true });
    await writeParquet({ [join(server.root, 'trips/a.parquet')]: 'SELECT range AS id FROM range(3)' });
    box.ok(['add', `${server.url}/trips/`, '--to', 'trips', '--statistics', 'footers']);
    box.commit('trips');
    box.clone('repo', 'bare');
    const { code, err } = box.varve(['schema', 'infer', 'trips', '--engine', 'local'], 'bare');
    expect([code, err]).toEqual([2, expect.stringContaining('varve remote add')]);
    expect(err).not.toContain('varve fetch');
    box.remove();
  });

  test('is inferred and updated by the engine that is named, and else by the command that is told', () => {
    const box = new Sandbox().repository();
    box.write('served/rides/a.csv', 'id,fare\n1,2.5\n2,-1.0\n3,4.0\n');
    cpSync(box.path('served'), server.root, { recursive: true });
    box.ok(['add', `${server.url}/rides/`, '--to', 'data/rides']);
    const bare = box.varve(['schema', 'infer', 'data/rides']);
    expect([bare.code, bare.err]).toEqual([2, expect.stringContaining('Run `varve pull data/rides`')]);
    box.ok(['schema', 'infer', 'data/rides', '--engine', 'local']);
    expect(box.ok(['schema', 'show', 'data/rides'])).toContain('fare:');
    box.write('repo/narrow.yaml', SCHEMA.replace('type: float', 'type: float, range: { min: 0 }'));
    const update = [
      'schema',
      'update',
      'data/rides',
      '--schema',
      'narrow.yaml',
      '--dry-run',
      '--engine',
      'local',
    ];
    const { out, err } = box.varve(update);
    expect(out).toContain('min: -1');
    // What the schema asks of rows is asked of them.
    expect(err).toContain('Rows that break `fare >= 0`');
    box.remove();
  });
});

test('a version is checked row by row where the cache has it, and else says what brings it', () => {
  const box = new Sandbox().repository().withRemote();
  try {
    box.write('repo/data/rides.csv', 'id,fare\n1,2.5\n2,-1.0\n3,4.0\n');
    box.write('repo/data/rides.csv.schema.yaml', SCHEMA);
    box.ok(['add', 'data/rides.csv']);
    box.commit('rides');
    box.ok(['push']);
    box.git(['tag', 'v1']);
    const report = (code: number, name: string, folder: string) =>
      told(box.json<ValidationReport>(['validate', name], folder, code));
    rmSync(box.path('repo/data/rides.csv'));
    for (const name of ['data/rides.csv', 'data/rides.csv@v1'])
      expect(report(1, name, 'repo')).toEqual(FAILED);
    box.clone('repo', 'clone');
    box.ok(['fetch', '--profiles-only'], 'clone');
    for (const name of ['data/rides.csv', 'data/rides.csv@v1']) {
      expect(report(0, name, 'clone')).toEqual(NOT_MADE('warning'));
      const { out } = box.varve(['validate', name], 'clone');
      expect(out.replaceAll(/\n\s*/g, ' ')).toContain(
        `Run \`varve fetch ${name}\`, then \`varve validate ${name}\`.`,
      );
    }
    box.ok(['fetch', 'data/rides.csv@v1'], 'clone');
    expect(report(1, 'data/rides.csv@v1', 'clone')).toEqual(FAILED);
  } finally {
    box.remove();
  }
});
