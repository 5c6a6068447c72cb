import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { afterAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { root } from '../docs/pages.ts';
import { Sandbox } from '../support/sandbox.ts';

const MANIFESTS = [
  'examples/kubernetes/varve-profile-job.yaml',
  'examples/kubernetes/varve-serve.yaml',
  'examples/training/job.yaml',
].map((file) => join(root, file));

/** The oldest in which jobs may fail part by part, and the newest that the judge knows. */
const VERSIONS = [['--kubernetes-version', '1.29'], []];

function judged(...words: string[]): { readonly code: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync('kubernetes-validate', ['--strict', ...words], {
    encoding: 'utf8',
  });
  return { code: status, said: stdout + stderr };
}

describe.skipIf(spawnSync('kubernetes-validate', ['--version']).status !== 0)(
  'kubernetes-validate (skipped where it is not on PATH)',
  () => {
    const box = new Sandbox();
    afterAll(() => box.remove());

    test.each(MANIFESTS)('takes %s, and no misspelt one', (file) => {
      for (const version of VERSIONS) expect(judged(...version, file)).toMatchObject({ code: 0 });
      box.write('misspelt.yaml', readFileSync(file, 'utf8').replace(/^( *)args:/m, '$1arguments:'));
      expect(judged(box.path('misspelt.yaml'))).toMatchObject({
        code: 1,
        said: expect.stringContaining('arguments'),
      });
    });
  },
);

test.skipIf(spawnSync('hadolint', ['--version']).status !== 0)(
  'hadolint finds nothing in the Dockerfile (skipped where hadolint is not on PATH)',
  () => {
    const { status, stdout } = spawnSync('hadolint', [join(root, 'Dockerfile')], { encoding: 'utf8' });
    expect([status, stdout]).toEqual([0, '']);
  },
);

const argo = process.env.VARVE_ARGO_SCHEMA;

test.skipIf(argo === undefined || !existsSync(argo))(
  'the published schema of Argo Workflows takes the templates, and no misspelt one (skipped where VARVE_ARGO_SCHEMA names no file)',
  () => {
    const schema = JSON.parse(readFileSync(argo!, 'utf8')) as { definitions: Record<string, object> };
    // It names all properties that there are, and does not say that there are no others.
    for (const definition of Object.values(schema.definitions))
      if ('properties' in definition) Object.assign(definition, { additionalProperties: false });
    const judge = new Ajv({ strict: false, validateFormats: false });
    judge.addSchema({ definitions: schema.definitions, $id: 'argo' });
    for (const file of ['examples/argo/varve-profile.yaml', 'examples/training/argo.yaml']) {
      const text = readFileSync(join(root, file), 'utf8');
      const { kind } = parse(text);
      const check = judge.getSchema(`argo#/definitions/io.argoproj.workflow.v1alpha1.${kind}`)!;
      check(parse(text));
      expect(check.errors, file).toBeNull();
      for (const word of ['templates', 'container', 'args'])
        expect(check(parse(text.replace(new RegExp(`\\b${word}:`), `${word}s:`))), word).toBe(false);
    }
    const profile = readFileSync(join(root, 'examples/argo/varve-profile.yaml'), 'utf8');
    const check = judge.getSchema('argo#/definitions/io.argoproj.workflow.v1alpha1.Workflow')!;
    expect(check(parse(profile.replace('withSequence', 'withSequences')))).toBe(false);
  },
);

test('the server of examples/kubernetes may do nothing that it need not', () => {
  const [set] = parseAllDocuments(readFileSync(join(root, 'examples/kubernetes/varve-serve.yaml'), 'utf8'));
  const { spec } = (set!.toJS() as { spec: { template: { spec: Record<string, unknown> } } }).spec.template;
  expect(spec).toMatchObject({
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        resources: { limits: { memory: expect.any(String) } },
      },
    ],
  });
});
