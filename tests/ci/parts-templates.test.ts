import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { BINARY, Sandbox } from '../support/sandbox.ts';

/** The scripts of examples/ by which clusters profile in parts, run as their pods run them: in folders of this machine. */
const sandbox = new Sandbox().repository();
afterAll(() => sandbox.remove());

const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples');

function script(text: string, folder: string, env: NodeJS.ProcessEnv): void {
  const placed = text
    .replaceAll('/parts/', `${sandbox.path('parts')}/`)
    .replaceAll(folder, sandbox.path('clone'));
  const shell = `varve() { '${process.execPath}' '${BINARY}' "$@"; }\n${placed}`;
  const before = { ...sandbox.env };
  Object.assign(sandbox.env, env);
  const done = sandbox.run('sh', ['-ceu', shell], '.');
  for (const name of Object.keys(env)) if (before[name] === undefined) delete sandbox.env[name];
  expect(done.code, done.err).toBe(0);
}

test('pods of a Kubernetes Job and of an Argo Workflow make the profile that travels with the version', () => {
  for (const name of ['a', 'b', 'c'])
    sandbox.write(`repo/data/logs/${name}.csv`, `n\n${'1\n2\n'.repeat(40)}`);
  sandbox.ok(['remote', 'add', 'origin', sandbox.path('remote')]);
  sandbox.ok(['add', 'data/logs']);
  sandbox.git(['add', '.']);
  sandbox.git(['commit', '-qm', 'logs']);
  sandbox.ok(['push']);
  const whole = sandbox.ok(['profile', 'data/logs@HEAD', '--format', 'json']);
  const where = {
    REPOSITORY: `file://${sandbox.path('repo')}`,
    BRANCH: sandbox.git(['branch', '--show-current']).trim(),
  };
  sandbox.git(['clone', '-q', where.REPOSITORY, 'fresh'], '.');
  const [, trust] = /varve trust (sha256:[0-9a-f]+)/.exec(sandbox.varve(['fetch'], 'fresh').err)!;
  const common = { VARVE_TRUST: trust, ...where, DATASET: 'data/logs@HEAD', PARTS: '2' };

  const job = parse(readFileSync(join(EXAMPLES, 'kubernetes/varve-profile-job.yaml'), 'utf8'));
  const [{ args, env }] = job.spec.template.spec.containers;
  expect(String(job.spec.completions)).toBe(env.find(({ name }: { name: string }) => name === 'PARTS').value);
  const again = () => sandbox.run('sh', ['-c', 'rm -rf clone parts; mkdir parts'], '.');
  const clean = () => sandbox.run('rm', ['-rf', 'clone'], '.');
  again();
  for (const index of ['0', '1']) {
    script(args[0], '/work/clone', { ...common, JOB_COMPLETION_INDEX: index });
    clean();
  }
  expect(sandbox.ok(['profile', '--merge', '../parts/1.part', '../parts/2.part', '--format', 'json'])).toBe(
    whole,
  );

  const workflow = parse(readFileSync(join(EXAMPLES, 'argo/varve-profile.yaml'), 'utf8'));
  const [steps, part, merge] = workflow.spec.templates;
  expect(steps.steps[0][0]).toMatchObject({ template: part.name, withSequence: { start: '1' } });
  again();
  for (const number of ['1', '2']) {
    script(part.container.args[0], '/tmp/clone', { ...common, PART: number });
    clean();
  }
  script(merge.container.args[0], '/tmp/clone', {});
  expect(readFileSync(sandbox.path('parts/profile.json'), 'utf8')).toBe(whole);
});
