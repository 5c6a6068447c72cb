import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { root } from '../docs/pages.ts';

const FOLDER = join(root, '.github', 'workflows');
const files = readdirSync(FOLDER).map((name) => join(FOLDER, name));
const hasActionlint = spawnSync('actionlint', ['-version']).status === 0;

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}
interface Workflow {
  readonly permissions: unknown;
  readonly jobs: Readonly<
    Record<string, { readonly steps: readonly Step[]; readonly permissions?: unknown }>
  >;
}

describe.each(files)('%s', (file) => {
  const workflow = parse(readFileSync(file, 'utf8')) as Workflow;
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);

  it('may only read, unless a job says what it writes', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
  });

  it('names a major version of each action, and leaves no credentials in the checkout', () => {
    const used = steps.flatMap(({ uses }) => uses ?? []);
    expect(used.filter((action) => !/^[\w-]+\/[\w-]+@v\d+$/.test(action))).toEqual([]);
    const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'));
    expect(checkouts.every((step) => step.with?.['persist-credentials'] === false)).toBe(true);
  });

  it('puts nothing that a stranger may have written into a script', () => {
    const scripts = steps.flatMap(({ run }) => run ?? []);
    expect(scripts.filter((script) => script.includes('${{'))).toEqual([]);
  });

  it.skipIf(!hasActionlint)('passes actionlint (skipped where actionlint is not installed)', () => {
    const { stdout, stderr } = spawnSync('actionlint', [file], { cwd: root, encoding: 'utf8' });
    expect(`${stdout}${stderr}`).toBe('');
  });
});

it('tests every supported version of Node, from the floor of the package on, on three systems', () => {
  const { jobs } = parse(readFileSync(join(FOLDER, 'ci.yml'), 'utf8'));
  const { matrix } = jobs.test.strategy;
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    engines: { node: string };
  };
  expect(matrix.os.map((os: string) => os.split('-')[0])).toEqual(['ubuntu', 'macos', 'windows']);
  expect(engines.node).toMatch(new RegExp(`^>=${Math.min(...matrix.node)}\\b`));
  expect(readFileSync(join(root, '.nvmrc'), 'utf8').trim()).toBe(String(Math.max(...matrix.node)));
});

interface Field {
  readonly type: string;
  readonly id?: string;
  readonly attributes: { readonly label?: string; readonly options?: readonly unknown[] };
}

/** https://docs.github.com/en/communities/using-templates-to-encourage-useful-issues-and-pull-requests/syntax-for-githubs-form-schema */
describe('the forms of issues', () => {
  const fieldsOf = (name: string): Field[] =>
    parse(readFileSync(join(root, '.github', 'ISSUE_TEMPLATE', `${name}.yml`), 'utf8')).body;

  it.each(['bug', 'feature'])('%s is one that the forge accepts', (name) => {
    const fields = fieldsOf(name);
    const asked = fields.filter(({ type }) => type !== 'markdown');
    expect(new Set(asked.map(({ id }) => id)).size).toBe(asked.length);
    expect(asked.every(({ id, attributes }) => /^[\w-]+$/.test(id ?? '') && attributes.label)).toBe(true);
    const options = fields
      .filter(({ type }) => type === 'dropdown')
      .flatMap(({ attributes }) => attributes.options);
    expect(options.filter((option) => typeof option !== 'string' || /^none$/i.test(option))).toEqual([]);
  });

  it('a report of a fault asks for what it takes to find it', () => {
    const text = JSON.stringify(fieldsOf('bug'));
    for (const wanted of ['varve --version', '--json', 'VARVE_DEBUG=1', 'MinIO', 'SECURITY.md'])
      expect(text).toContain(wanted);
  });
});
