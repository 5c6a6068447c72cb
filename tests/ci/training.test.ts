import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { WhichResult } from '../../src/index.ts';
import { BINARY, Sandbox } from '../support/sandbox.ts';
import { freePort, ServerProcess } from '../support/server-process.ts';

/** The project of examples/training, and its pipelines as far as they run without a cluster. */
const example = resolve(import.meta.dirname, '../../examples/training');
const mlflow = process.env.VARVE_MLFLOW_PYTHON;
const pipelines = process.env.VARVE_PIPELINES_PYTHON;
const isHere = (python: string | undefined) => python !== undefined && existsSync(python);

let box: Sandbox;
let first: string;
beforeAll(() => {
  box = new Sandbox().repository().withRemote();
  chmodSync(box.write('bin/varve', `#!/bin/sh\nexec "${process.execPath}" "${BINARY}" "$@"\n`), 0o755);
  box.env.PATH = `${box.path('bin')}${delimiter}${process.env.PATH}`;
  const flights = readFileSync(new URL('../../fixtures/flights-sample.csv', import.meta.url), 'utf8');
  for (const file of ['train.py', 'search.py'])
    box.write(`repo/${file}`, readFileSync(resolve(example, file)));
  box.write('repo/data/flights.csv', flights);
  box.ok(['add', 'data/flights.csv']);
  box.ok(['schema', 'infer', 'data/flights.csv']);
  first = box.commit('one');
  box.git(['tag', 'v1']);
  const [head, ...rows] = flights.split('\n');
  box.write('repo/data/flights.csv', [head, ...rows.filter((row) => row.split(',')[1]! <= '6')].join('\n'));
  box.ok(['add', 'data/flights.csv']);
  box.commit('two');
  box.git(['tag', 'v2']);
  box.ok(['push', '--all-commits']);
});
afterAll(() => box.remove());

interface Container {
  readonly command: string[];
  readonly args: string[];
}

/** Runs the script of a container, in a folder that stands for its file system. */
function runContainer({ command, args }: Container, folder: string, base: string) {
  box.run('mkdir', ['-p', box.path(folder)], '.');
  const script = args[0]!.replaceAll('/work', box.path(folder)).replaceAll('/tmp/', `${box.path(folder)}/`);
  const fingerprints = box.run('varve', ['trust', '--show']).out.match(/sha256:\S+/g) ?? [];
  const variables = {
    REPOSITORY: box.path('repo'),
    REVISION: 'v2',
    DATASET: 'data/flights.csv',
    BASE: base,
    VARVE_TRUST: fingerprints.join(' '),
  };
  const [shell, ...words] = command as [string, ...string[]];
  const options = { cwd: box.path(folder), env: { ...box.env, ...variables }, encoding: 'utf8' } as const;
  return spawnSync(shell, [...words, script], options);
}

test('the gate of Argo Workflows and of a Job of Kubernetes stops data that drifted, and lets other pass', () => {
  const argo = parse(readFileSync(resolve(example, 'argo.yaml'), 'utf8'));
  const job = parse(readFileSync(resolve(example, 'job.yaml'), 'utf8'));
  const gates: [string, Container][] = [
    ['argo', argo.spec.templates[1].container],
    ['job', job.spec.template.spec.initContainers[0]],
  ];
  for (const [name, gate] of gates) {
    const stopped = runContainer(gate, `${name}-stopped`, 'v1');
    expect([stopped.status, stopped.stderr]).toEqual([1, '']);
    expect(runContainer(gate, `${name}-passed`, 'v2').status).toBe(0);
  }
  expect(readFileSync(box.path('argo-stopped/report.md'), 'utf8')).toContain('data/flights.csv');
});

test.skipIf(!isHere(mlflow))(
  'a run of MLflow names the version that it was trained on, and trials of Optuna stay with theirs (skipped where VARVE_MLFLOW_PYTHON names no Python with mlflow, scikit-learn and optuna)',
  () => {
    box.env.MLFLOW_TRACKING_URI = `sqlite:///${box.path('runs.db')}`;
    const trained = box.run(mlflow!, ['train.py', 'data/flights.csv@v1']);
    expect(trained.out, trained.err).toContain('accuracy');
    expect(parse(readFileSync(box.path('repo/data.lock'), 'utf8')).datasets).toMatchObject([
      { commit: first },
    ]);
    const searched = box.run(mlflow!, ['search.py', 'data/flights.csv@v1', '2']);
    expect(searched.out, searched.err).toContain(`on data/flights.csv@${first}`);
    const ask =
      'import json, mlflow\nruns = mlflow.search_runs(search_all_experiments=True, output_format="list")\n' +
      'print(json.dumps([each.inputs.dataset_inputs[0].dataset.digest for each in runs]))';
    const kept = box.run(mlflow!, ['-c', ask]);
    const digests = JSON.parse(kept.out.trim().split('\n').at(-1)!) as string[];
    expect([digests.length, new Set(digests).size, digests[0]!.length]).toEqual([3, 1, 36]);
    const [found] = box.json<WhichResult>(['which', digests[0]!]).found;
    expect(found).toMatchObject({ path: 'data/flights.csv', commits: [{ commit: first }] });
  },
  120_000,
);

test.skipIf(!isHere(mlflow))(
  'the tracking server of MLflow tells what a run was trained on (skipped where VARVE_MLFLOW_PYTHON names no Python with mlflow, scikit-learn and optuna)',
  async () => {
    const ask =
      'import json, mlflow\nruns = mlflow.search_runs(search_all_experiments=True, output_format="list")\n' +
      'print(json.dumps([each.info.run_id for each in runs]))';
    const [run] = JSON.parse(box.run(mlflow!, ['-c', ask]).out.trim().split('\n').at(-1)!) as string[];
    const port = await freePort();
    const words = ['-m', 'mlflow', 'server', '--workers', '1', '--port', `${port}`];
    const store = ['--backend-store-uri', box.env.MLFLOW_TRACKING_URI!];
    const server = new ServerProcess([mlflow!, ...words, ...store], { cwd: box.path(), env: box.env });
    try {
      box.env.MLFLOW_TRACKING_URI = `http://127.0.0.1:${port}`;
      await server.listening(port);
      const { found } = box.json<WhichResult>(['which', `runs:/${run}`]);
      expect(found).toMatchObject([{ path: 'data/flights.csv', commits: [{ commit: first }], tags: ['v1'] }]);
      expect(box.varve(['which', 'runs:/ffffffffffffffffffffffffffffffff']).err).toContain('has no run ffff');
    } finally {
      server.stop();
    }
  },
  120_000,
);

test.skipIf(!isHere(pipelines))(
  'Kubeflow compiles its pipeline, and the template of Argo Workflows is one (skipped where VARVE_PIPELINES_PYTHON names no Python with kfp and hera)',
  () => {
    const compiled = box.run(pipelines!, [resolve(example, 'kubeflow.py')]);
    expect(compiled.code, compiled.err).toBe(0);
    const pipeline = parse(readFileSync(box.path('repo/pipeline.yaml'), 'utf8'));
    expect(pipeline.root.dag.tasks.training.dependentTasks).toEqual(['gate']);
    const load =
      'import sys\nfrom hera.workflows import WorkflowTemplate\n' +
      'print([each.name for each in WorkflowTemplate.from_file(sys.argv[1]).templates])';
    const loaded = box.run(pipelines!, ['-c', load, resolve(example, 'argo.yaml')]);
    expect(loaded.out, loaded.err).toBe("['main', 'gate', 'train']\n");
  },
);
