import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { codeBlocks } from '../docs/blocks.ts';
import { type ActionRun, runAction } from '../support/action-runner.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const varve = join(root, 'bin', 'varve.js');
const work = mkdtempSync(join(tmpdir(), 'varve-action-'));
const repository = join(work, 'repository');
let trust: string;
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
    else run('git', 'branch', 'first-half');
    run('git', 'add', '-A');
    run('git', 'commit', '-qm', `months ${from} to ${to}`);
    run(process.execPath, varve, 'push');
  }
  run('git', 'config', 'uploadpack.allowAnySHA1InWant', 'true');
  const shown = execFileSync(process.execPath, [varve, 'trust', '--show'], {
    cwd: checkout(idOf('HEAD')),
    encoding: 'utf8',
  });
  trust = /sha256:\S+/.exec(shown)![0];
});

/** A checkout as actions/checkout makes it: one commit, and a remote that has the rest. */
function checkout(commit: string): string {
  const folder = mkdtempSync(join(work, 'checkout-'));
  const git = (...words: string[]) => execFileSync('git', words, { cwd: folder, stdio: 'pipe' });
  git('init', '-q');
  git('remote', 'add', 'origin', `file://${repository}`);
  git('fetch', '-q', '--depth=1', 'origin', commit);
  git('checkout', '-q', 'FETCH_HEAD');
  return folder;
}

function idOf(revision: string): string {
  return execFileSync('git', ['rev-parse', revision], { cwd: repository, encoding: 'utf8' }).trim();
}

/** `gh` that keeps the comments of a pull request in a file, writes as `github-actions[bot]`, and may be allowed to read alone. */
const GH = `const { readFileSync, writeFileSync } = require('node:fs');
const words = process.argv.slice(2);
const after = (word) => words[words.indexOf(word) + 1];
const comments = JSON.parse(readFileSync(process.env.COMMENTS, 'utf8'));
if (words[1] === 'user') process.exit(1);
if (words.includes('--jq')) {
  for (const { id, login, body } of comments)
    if (login === process.env.ME && body.startsWith(process.env.MARK)) console.log(id);
  process.exit(0);
}
if (process.env.READ_ONLY) process.exit(1);
const body = readFileSync(after('--field').replace('body=@', ''), 'utf8');
if (words.includes('POST')) comments.push({ id: comments.length + 1, login: 'github-actions[bot]', body });
else comments.find(({ id }) => String(id) === words.find((word) => word.startsWith('repos/')).split('/').pop()).body = body;
writeFileSync(process.env.COMMENTS, JSON.stringify(comments));
`;

interface Comment {
  readonly id: number;
  readonly login: string;
  readonly body: string;
}

/** What one pull request sees: its comments stay from run to run. */
class PullRequest {
  readonly folder = mkdtempSync(join(work, 'pull-request-'));
  readonly #comments = join(this.folder, 'comments.json');
  #runs = 0;

  constructor(comments: readonly Comment[] = []) {
    writeFileSync(this.#comments, JSON.stringify(comments));
    writeFileSync(join(this.folder, 'gh.cjs'), GH);
    writeFileSync(
      join(this.folder, 'gh'),
      `#!/bin/sh\nexec "${process.execPath}" "${this.folder}/gh.cjs" "$@"\n`,
      {
        mode: 0o755,
      },
    );
  }

  get comments(): Comment[] {
    return JSON.parse(readFileSync(this.#comments, 'utf8'));
  }

  run(
    base: string,
    head: string,
    inputs: Readonly<Record<string, string>> = {},
    env: NodeJS.ProcessEnv = {},
  ): ActionRun {
    return runAction(root, {
      github: {
        repository: 'some/repository',
        workflow: 'data',
        job: 'check',
        event: { pull_request: { number: 7, base: { sha: base } }, repository: { default_branch: 'main' } },
      },
      inputs,
      workspace: checkout(head),
      temporary: join(this.folder, `run-${this.#runs++}`),
      env: {
        ...process.env,
        VARVE_TRUST: trust,
        PATH: `${this.folder}${delimiter}${process.env.PATH}`,
        COMMENTS: this.#comments,
        ...env,
      },
    });
  }
}

describe('the GitHub action', () => {
  it('fails on drift, annotates, and leaves a report, of a checkout that has the head alone', () => {
    const { status, log, outputs, summary, ran } = new PullRequest().run(idOf('HEAD~1'), idOf('HEAD'));
    expect(status, log).toBe(1);
    expect(log).toMatch(/^::(error|warning) /m);
    // What else is printed is printed while the runner takes no commands.
    const commands = log
      .replaceAll(/^::stop-commands::([0-9a-f-]{36})$[\s\S]*?^::\1::$/gm, '')
      .trim()
      .split('\n');
    expect(commands.filter((line) => line !== '' && !/^::(error|warning|notice) file=/.test(line))).toEqual(
      [],
    );
    expect(log.match(/^::stop-commands::/gm)).toHaveLength(3);
    expect(outputs['exit-code']).toBe('1');
    expect(readFileSync(outputs.report!, 'utf8')).toContain('month');
    expect(summary).toBe(readFileSync(outputs.report!, 'utf8'));
    // The Node that is here is new enough, so the job keeps it.
    expect(ran).not.toContain('actions/setup-node@v4');
  });

  it('passes where no dataset changed, and says nothing on the pull request', () => {
    const request = new PullRequest();
    const { status, log, outputs } = request.run(idOf('HEAD'), idOf('HEAD'));
    expect(status, log).toBe(0);
    expect(outputs['exit-code']).toBe('0');
    expect(request.comments).toEqual([]);
  });

  it('passes on a fork that changes no data, without credentials or consent, and asks no remote', () => {
    const { status, log } = new PullRequest().run(
      idOf('HEAD'),
      idOf('HEAD'),
      {},
      { READ_ONLY: '1', VARVE_TRUST: '' },
    );
    expect(status, log).toBe(0);
  });

  it('compares a push with the commit before, and a new branch with the default one', () => {
    const options = {
      workspace: checkout(idOf('HEAD')),
      temporary: join(work, 'push'),
      env: { ...process.env, VARVE_TRUST: trust },
    };
    for (const before of [idOf('HEAD~1'), '0'.repeat(40)]) {
      const github = { event: { before, repository: { default_branch: 'first-half' } } };
      const { status, log } = runAction(root, { ...options, github });
      expect(status, log).toBe(1);
    }
  });

  it('takes no other words than true and false, by which a gate would be off in silence', () => {
    const inputs = [{ strict: 'yes' }, { strict: '1' }, { strict: 'on' }, { comment: 'yes' }];
    for (const wrong of inputs) {
      const request = new PullRequest();
      const { status, log, outputs } = request.run(idOf('HEAD'), idOf('HEAD'), wrong);
      expect([status, outputs['exit-code'], log]).toEqual([2, '2', expect.stringContaining('true or false')]);
    }
  });

  it('ends with 2 and the reason where the base does not exist', () => {
    const { status, log, outputs } = new PullRequest().run('no-such-branch', idOf('HEAD'));
    expect(status, log).toBe(2);
    expect(log).toContain('no-such-branch');
    expect(outputs['exit-code']).toBe('2');
  });
});

describe('the comment of the action', () => {
  it('is written once, kept up to date, also where the check could not be done or is fine again', () => {
    const request = new PullRequest();
    request.run(idOf('HEAD~1'), idOf('HEAD'));
    expect(request.comments).toMatchObject([
      { body: expect.stringMatching(/^<!-- varve check [0-9a-f]{16} -->\n## 1 dataset/) },
    ]);
    expect(request.run('no-such-branch', idOf('HEAD')).status).toBe(2);
    expect(request.comments).toMatchObject([{ body: expect.stringContaining('could not be checked') }]);
    request.run(idOf('HEAD'), idOf('HEAD'));
    expect(request.comments).toMatchObject([{ body: expect.stringContaining('No dataset differs') }]);
  });

  it('is one a use, and no one else’s is touched, whatever it begins with', () => {
    const request = new PullRequest();
    request.run(idOf('HEAD~1'), idOf('HEAD'));
    request.run(idOf('HEAD~1'), idOf('HEAD'), { 'comment-name': 'another --> use' });
    const bodies = request.comments.map(({ body }) => body);
    expect(new Set(bodies.map((body) => body.split('\n')[0])).size).toBe(2);
    const strangers = new PullRequest([{ id: 1, login: 'mallory', body: bodies[0]! }]);
    strangers.run(idOf('HEAD~1'), idOf('HEAD'));
    expect(strangers.comments.map(({ login }) => login)).toEqual(['mallory', 'github-actions[bot]']);
    expect(strangers.comments[0]!.body).toBe(bodies[0]);
  });

  it('is left out where the token may not write, and the job says so', () => {
    const { status, log } = new PullRequest().run(idOf('HEAD~1'), idOf('HEAD'), {}, { READ_ONLY: '1' });
    expect(status).toBe(1);
    expect(log).toContain('::notice title=varve::The report is in the summary');
  });
});

/** Runs the commands of a template in order in a fresh checkout, and tells how each ended. */
function runCommands(
  commands: readonly string[],
  env: NodeJS.ProcessEnv,
): { codes: (number | null)[]; folder: string } {
  const bin = mkdtempSync(join(work, 'bin-'));
  writeFileSync(join(bin, 'varve'), `#!/bin/sh\nexec "${process.execPath}" "${varve}" "$@"\n`, {
    mode: 0o755,
  });
  const folder = checkout(idOf('HEAD'));
  const codes = commands.map(
    (command) =>
      spawnSync('bash', ['-e', '-c', command], {
        cwd: folder,
        env: { ...process.env, VARVE_TRUST: trust, PATH: `${bin}${delimiter}${process.env.PATH}`, ...env },
      }).status,
  );
  expect(readFileSync(join(folder, 'varve-report.md'), 'utf8')).toContain('month');
  expect(readFileSync(join(folder, 'varve-report.xml'), 'utf8')).toContain('<testsuite');
  return { codes, folder };
}

describe('the Jenkinsfile of examples/', () => {
  const text = readFileSync(join(root, 'examples', 'jenkins', 'Jenkinsfile'), 'utf8');

  it('has commands that run in order, fetch the target, and leave both reports', () => {
    const commands = [...text.matchAll(/^\s*sh '(.*)'$/gm)].map(([, command]) => command!);
    const env = { BASE: 'origin/first-half', CHANGE_TARGET: 'first-half' };
    expect(runCommands(commands, env).codes).toEqual([0, 0, 1]);
  });

  it('closes what it opens', () => {
    const code = text.replace(/^\s*\/\/.*$/gm, '').replace(/'[^'\n]*'|"[^"\n]*"/g, '');
    const open: string[] = [];
    for (const bracket of code.match(/[(){}[\]]/g) ?? []) {
      const partner = ({ ')': '(', '}': '{', ']': '[' } as Record<string, string>)[bracket];
      if (partner === undefined) open.push(bracket);
      else expect(open.pop()).toBe(partner);
    }
    expect(open).toEqual([]);
  });
});

describe('the GitLab template of examples/', () => {
  const { varve: job } = parse(readFileSync(join(root, 'examples', 'gitlab', '.gitlab-ci.yml'), 'utf8'));

  it('has commands that run in order, fetch the base, and leave the reports that it names', () => {
    const env = { CI_MERGE_REQUEST_DIFF_BASE_SHA: idOf('HEAD~1') };
    const { codes, folder } = runCommands(job.script, env);
    expect(codes).toEqual([0, 0, 1]);
    for (const file of [...job.artifacts.paths, job.artifacts.reports.junit])
      expect(existsSync(join(folder, file))).toBe(true);
  });

  it('begins on merge requests, with the package that it is told', () => {
    expect(job.rules).toEqual([{ if: '$CI_PIPELINE_SOURCE == "merge_request_event"' }]);
    expect(job.before_script.join()).toContain('"$VARVE_PACKAGE"');
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
