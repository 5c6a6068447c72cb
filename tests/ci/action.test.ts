import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { codeBlocks } from '../docs/blocks.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const varve = join(root, 'bin', 'varve.js');
const action = parse(readFileSync(join(root, 'action.yml'), 'utf8'));
const step = action.runs.steps.find(({ id }: { id?: string }) => id === 'check');
const work = mkdtempSync(join(tmpdir(), 'varve-action-'));
const repository = join(work, 'repository');
afterAll(() => rmSync(work, { recursive: true, force: true }));

const identity = {
  GIT_AUTHOR_NAME: 'CI',
  GIT_AUTHOR_EMAIL: 'ci@example.org',
  GIT_COMMITTER_NAME: 'CI',
  GIT_COMMITTER_EMAIL: 'ci@example.org',
};

function run(program: string, ...words: string[]): void {
  execFileSync(program, words, { cwd: repository, env: { ...process.env, ...identity }, stdio: 'pipe' });
}

function writeMonths(from: number, to: number): void {
  const [header, ...rows] = readFileSync(join(root, 'fixtures', 'flights-sample.csv'), 'utf8')
    .trimEnd()
    .split('\n');
  const kept = rows.filter((row) => Number(row.split(',')[1]) >= from && Number(row.split(',')[1]) <= to);
  writeFileSync(join(repository, 'flights.csv'), `${[header, ...kept].join('\n')}\n`);
}

beforeAll(() => {
  mkdirSync(repository);
  run('git', 'init', '-q', '-b', 'main', '.');
  run(process.execPath, varve, 'init');
  run(process.execPath, varve, 'remote', 'add', 'origin', join(work, 'remote'));
  for (const [from, to] of [
    [1, 6],
    [7, 12],
  ] as const) {
    writeMonths(from, to);
    run(process.execPath, varve, 'add', 'flights.csv');
    if (from === 1) run(process.execPath, varve, 'schema', 'infer', 'flights.csv');
    run('git', 'add', '-A');
    run('git', 'commit', '-qm', `months ${from} to ${to}`);
    run(process.execPath, varve, 'push');
  }
});

/** The step's own script, as a runner would call it. */
function runStep(base: string): { status: number | null; log: string; files: Record<string, string> } {
  const folder = mkdtempSync(join(work, 'runner-'));
  const files = {
    GITHUB_OUTPUT: join(folder, 'output'),
    GITHUB_STEP_SUMMARY: join(folder, 'summary'),
    REPORT: join(folder, 'report.md'),
  };
  const env = { ...process.env, ...files, BASE: base, FAIL_ON: 'drift', VARVE: varve };
  const result = spawnSync('bash', ['-e', '-o', 'pipefail', '-c', step.run], {
    cwd: repository,
    env,
    encoding: 'utf8',
  });
  const texts = Object.entries(files).map(([name, path]) => [
    name,
    existsSync(path) ? readFileSync(path, 'utf8') : '',
  ]);
  return {
    status: result.status,
    log: `${result.stdout}${result.stderr}`,
    files: Object.fromEntries(texts),
  };
}

describe('the GitHub action', () => {
  it('fails on drift, annotates, and leaves a report for the comment and the summary', () => {
    const { status, log, files } = runStep('HEAD~1');
    expect(status, log).toBe(1);
    expect(log).toMatch(/^::(error|warning) /m);
    // What else is printed is printed while the runner takes no commands.
    const commands = log
      .replaceAll(/^::stop-commands::([0-9a-f-]{36})$[\s\S]*?^::\1::$/gm, '')
      .trim()
      .split('\n');
    expect(commands.filter((line) => !/^::(error|warning|notice) file=/.test(line))).toEqual([]);
    expect(log.match(/^::stop-commands::/gm)).toHaveLength(3);
    expect(files.REPORT).toContain('month');
    expect(files.GITHUB_STEP_SUMMARY).toBe(files.REPORT);
    expect(files.GITHUB_OUTPUT).toMatch(/^report<<([0-9a-f-]{36})\n.*report\.md\n\1\n$/);
  });

  it('passes where no dataset changed', () => {
    const { status, log } = runStep('HEAD');
    expect(status, log).toBe(0);
  });

  it('fails with the reason where the base does not exist', () => {
    const { status, log } = runStep('no-such-branch');
    expect(status, log).not.toBe(0);
    expect(log).toContain('no-such-branch');
  });
});

describe('the comment of the action', () => {
  const comment = action.runs.steps.find(({ id }: { id?: string }) => id === 'comment');

  /** Runs the step with a `gh` that has these answers to the list of comments, and tells what else was asked of it. */
  function runComment(answers: string): { asked: string; body: string } {
    const folder = mkdtempSync(join(work, 'gh-'));
    const gh = `#!/bin/sh
case "$*" in *--jq*) printf '%s' '${answers}';; *) echo "$*" > asked; cp "\${7#body=@}" body;; esac\n`;
    writeFileSync(join(folder, 'gh'), gh, { mode: 0o755 });
    writeFileSync(join(folder, 'report.md'), '### fine\n');
    const env = {
      PATH: `${folder}:${process.env.PATH}`,
      GH_REPO: 'some/repository',
      PULL_REQUEST: '7',
      REPORT: join(folder, 'report.md'),
    };
    execFileSync('bash', ['-e', '-o', 'pipefail', '-c', comment.run], { cwd: folder, env });
    const read = (name: string) => readFileSync(join(folder, name), 'utf8');
    return { asked: read('asked'), body: read('body') };
  }

  it('is written once, under a mark of its own', () => {
    const { asked, body } = runComment('');
    expect(asked).toMatch(/--method POST repos\/some\/repository\/issues\/7\/comments /);
    expect(body).toBe('<!-- varve check -->\n### fine\n');
  });

  it('is kept up to date afterwards, and no one else’s is touched', () => {
    expect(runComment('41\n42\n').asked).toMatch(
      /--method PATCH repos\/some\/repository\/issues\/comments\/41 /,
    );
  });
});

describe('the Jenkinsfile of examples/', () => {
  const commands = [
    ...readFileSync(join(root, 'examples', 'jenkins', 'Jenkinsfile'), 'utf8').matchAll(/^\s*sh '(.*)'$/gm),
  ].map(([, command]) => command!);

  it('has commands that run in order, and leaves both reports', () => {
    const bin = mkdtempSync(join(work, 'bin-'));
    writeFileSync(join(bin, 'varve'), `#!/bin/sh\nexec "${process.execPath}" "${varve}" "$@"\n`, {
      mode: 0o755,
    });
    const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, BASE: 'HEAD~1' };
    const codes = commands.map(
      (command) => spawnSync('bash', ['-e', '-c', command], { cwd: repository, env }).status,
    );
    expect(codes).toEqual([0, 0, 1]);
    expect(readFileSync(join(repository, 'varve-report.md'), 'utf8')).toContain('month');
    expect(readFileSync(join(repository, 'varve-report.xml'), 'utf8')).toContain('<testsuite');
  });
});

const hasActionlint = spawnSync('actionlint', ['-version']).status === 0;

describe('the workflow of docs/guide/ci.md', () => {
  it.skipIf(!hasActionlint)('passes actionlint (skipped where actionlint is not installed)', () => {
    const folder = join(work, 'lint');
    mkdirSync(join(folder, '.github', 'workflows'), { recursive: true });
    execFileSync('git', ['init', '-q', folder]);
    cpSync(join(root, 'action.yml'), join(folder, 'action.yml'));
    const [workflow] = codeBlocks(join(root, 'docs', 'guide', 'ci.md')).filter(
      ({ language }) => language === 'yaml',
    );
    const file = join(folder, '.github', 'workflows', 'data.yml');
    writeFileSync(file, `${workflow!.code.replace('varve/varve@v0', './')}\n`);
    const result = spawnSync('actionlint', [file], { cwd: folder, encoding: 'utf8' });
    expect(`${result.stdout}${result.stderr}`).toBe('');
  });
});
