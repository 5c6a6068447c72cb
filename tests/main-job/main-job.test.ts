import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWithMinio } from '../support/minio.ts';

const checkout = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const sample = join(checkout, 'fixtures', 'flights-sample.csv');

/** A repository, its clones and its remote, in one temporary folder, driven as a person drives them. */
class Site {
  readonly folder = mkdtempSync(join(tmpdir(), 'varve-main-job-'));
  readonly project = join(this.folder, 'project');
  readonly data = join(this.project, 'data', 'flights.csv');
  readonly #environment: NodeJS.ProcessEnv;

  constructor(environment: Readonly<Record<string, string>> = {}) {
    mkdirSync(dirname(this.data), { recursive: true });
    this.#environment = {
      ...process.env,
      NO_COLOR: '1',
      GIT_AUTHOR_NAME: 'Test',
      GIT_AUTHOR_EMAIL: 'test@example.org',
      GIT_COMMITTER_NAME: 'Test',
      GIT_COMMITTER_EMAIL: 'test@example.org',
      ...environment,
    };
  }

  git(folder: string, ...words: string[]): void {
    execFileSync('git', words, { cwd: folder, env: this.#environment, stdio: 'pipe' });
  }

  varve(folder: string, ...words: string[]): { code: number | null; output: string; errors: string } {
    const result = spawnSync(process.execPath, [join(checkout, 'bin', 'varve.js'), ...words], {
      cwd: folder,
      env: this.#environment,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });
    return { code: result.status, output: result.stdout, errors: result.stderr };
  }

  /** As varve, where nothing but success will do; nothing but varve's own words may reach stderr. */
  succeed(folder: string, ...words: string[]): string {
    const { code, output, errors } = this.varve(folder, ...words);
    expect(code, `varve ${words.join(' ')}\n${output}${errors}`).toBe(0);
    expect(errors).not.toMatch(/Warning|node:|at .*\.js:\d+/);
    return output;
  }

  writeMonths(from: number, to: number): string {
    const [header, ...rows] = readFileSync(sample, 'utf8').trimEnd().split('\n');
    const kept = rows.filter((row) => Number(row.split(',')[1]) >= from && Number(row.split(',')[1]) <= to);
    const text = `${[header, ...kept].join('\n')}\n`;
    writeFileSync(this.data, text);
    return createHash('sha256').update(text).digest('hex');
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const sha256Of = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

/** @param remote makes the URL of an empty remote */
function mainJob(site: () => Site, remote: () => Promise<string>): void {
  let first: string;
  let second: string;

  beforeAll(async () => {
    const { project } = site();
    site().git(project, 'init', '-q', '-b', 'main', '.');
    site().succeed(project, 'init');
    first = site().writeMonths(1, 6);
    site().succeed(project, 'add', 'data/flights.csv');
    site().git(project, 'add', '-A');
    site().git(project, 'commit', '-qm', 'v1');
    site().succeed(project, 'remote', 'add', 'origin', await remote());
    site().succeed(project, 'push');
    second = site().writeMonths(7, 12);
    site().succeed(project, 'add', 'data/flights.csv');
    site().git(project, 'add', '-A');
    site().git(project, 'commit', '-qm', 'v2');
    site().succeed(project, 'push');
  });

  it('keeps data out of Git and pointers in it', () => {
    const tracked = execFileSync('git', ['ls-files'], { cwd: site().project, encoding: 'utf8' }).split('\n');
    expect(tracked).toContain('data/flights.csv.varve');
    expect(tracked).not.toContain('data/flights.csv');
  });

  it('names the features that drifted between two versions, strongest first', () => {
    const words = ['drift', 'data/flights.csv@HEAD~1', 'data/flights.csv'];
    const { code, output } = site().varve(site().project, ...words);
    expect(code).toBe(1);
    expect(output.split('\n')[0]).toMatch(/drifted: .*month/);
    const report = JSON.parse(site().varve(site().project, ...words, '--json').output);
    const strengths = report.features.filter((f: { verdict: string }) => f.verdict === 'drift');
    expect(strengths[0].feature).toBe('month');
    expect(strengths.map((f: { strength: number }) => f.strength)).toEqual(
      strengths.map((f: { strength: number }) => f.strength).sort((a: number, b: number) => b - a),
    );
  });

  it('restores both versions byte for byte in a clone', () => {
    const clone = join(site().folder, 'clone');
    site().git(site().folder, 'clone', '-q', 'project', 'clone');
    site().succeed(clone, 'trust');
    site().succeed(clone, 'pull');
    expect(sha256Of(join(clone, 'data', 'flights.csv'))).toBe(second);
    site().succeed(clone, 'fetch', '--all-commits');
    site().git(clone, 'checkout', '-q', 'HEAD~1');
    site().succeed(clone, 'checkout');
    expect(sha256Of(join(clone, 'data', 'flights.csv'))).toBe(first);
  });

  it('infers a schema that the data fits and a corrupted copy does not', () => {
    const { project } = site();
    site().succeed(project, 'schema', 'infer', 'data/flights.csv');
    site().succeed(project, 'validate', 'data/flights.csv');
    const [header, ...rows] = readFileSync(site().data, 'utf8').trimEnd().split('\n');
    const corrupted = rows.map((row, index) => {
      const cells = row.split(',');
      if (index % 2 === 0) cells[9] = '??';
      if (index % 3 === 0) cells[12] = '';
      return cells.slice(0, -1).join(',');
    });
    const delivery = join(site().folder, 'delivery.csv');
    writeFileSync(delivery, `${[header!.replace(/,time_hour$/, ''), ...corrupted].join('\n')}\n`);
    const schema = ['--schema', 'data/flights.csv.schema.yaml'];
    const { code, output } = site().varve(project, 'validate', delivery, ...schema);
    expect(code).toBe(1);
    for (const feature of ['carrier', 'origin', 'time_hour']) expect(output).toContain(feature);
    const report = JSON.parse(site().varve(project, 'validate', delivery, ...schema, '--json').output);
    const kinds = new Set(report.anomalies.map((anomaly: { kind: string }) => anomaly.kind));
    expect([...kinds]).toEqual(
      expect.arrayContaining(['ENUM_TYPE_UNEXPECTED_STRING_VALUES', 'SCHEMA_MISSING_COLUMN']),
    );
  });
}

describe('the main job on a folder remote', () => {
  const site = new Site();
  const remote = join(site.folder, 'remote');
  afterAll(() => site.remove());
  mainJob(
    () => site,
    async () => remote,
  );

  it('reports drift and validates from profiles alone, with the data gone from the remote', () => {
    site.git(site.project, 'add', '-A');
    site.git(site.project, 'commit', '-q', '--allow-empty', '-m', 'schema');
    const clone = join(site.folder, 'profiles-only');
    site.git(site.folder, 'clone', '-q', 'project', 'profiles-only');
    site.succeed(clone, 'trust');
    site.succeed(clone, 'fetch', '--profiles-only', '--all-commits');
    rmSync(remote, { recursive: true });
    expect(site.varve(clone, 'drift', 'data/flights.csv@HEAD~2', 'data/flights.csv').code).toBe(1);
    site.succeed(clone, 'validate', 'data/flights.csv');
    expect(readdirSync(join(clone, 'data'))).not.toContain('flights.csv');
    expect(site.varve(clone, 'checkout').code).toBe(2);
  });

  it('needs only the kilobytes of the profiles: the data may be gone before the fetch', () => {
    const clone = join(site.folder, 'data-gone');
    site.git(site.folder, 'clone', '-q', 'project', 'data-gone');
    // It vanished in the test before; whoever makes its folder again says that this is no disk to be mounted.
    mkdirSync(remote);
    site.succeed(site.project, 'push', '--all-commits');
    removeDataPacks(remote);
    site.succeed(clone, 'trust');
    site.succeed(clone, 'fetch', '--profiles-only', '--all-commits');
    expect(site.varve(clone, 'drift', 'data/flights.csv@HEAD~2', 'data/flights.csv').code).toBe(1);
    site.succeed(clone, 'validate', 'data/flights.csv');
  });
});

/** Removes every pack of the remote that holds rows of the table, which its header line gives away. */
function removeDataPacks(remote: string): void {
  const header = readFileSync(sample, 'utf8').split('\n')[0]!;
  const packs = join(remote, 'packs');
  const holding = readdirSync(packs).filter((name) => readFileSync(join(packs, name)).includes(header));
  expect(holding.length).toBeGreaterThan(0);
  for (const name of holding) rmSync(join(packs, name));
}

describeWithMinio('the main job on S3', (server) => {
  let site: Site;
  beforeAll(() => {
    site = new Site(server.env);
  });
  afterAll(() => site.remove());
  mainJob(
    () => site,
    async () => `s3://${await server.makeBucket()}/team/flights`,
  );
});

describeWithMinio('the main job on minio://', (server) => {
  let site: Site;
  beforeAll(() => {
    const access = `${server.accessKey}:${server.secretKey}@`;
    site = new Site({ MC_HOST_lab: server.endpoint.replace('://', `://${access}`) });
  });
  afterAll(() => site.remove());
  mainJob(
    () => site,
    async () => `minio://lab/${await server.makeBucket()}/flights`,
  );
});
