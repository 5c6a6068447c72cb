import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, resolve } from 'node:path';
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

function fingerprints(): string {
  return box
    .run('varve', ['trust', '--show'])
    .out.match(/sha256:\S+/g)!
    .join(' ');
}

/** Runs lines of a job as a runner of CI does, in a clone of its own: each in a shell, until one fails. */
function runLines(name: string, lines: readonly string[], variables: Readonly<Record<string, string>>) {
  box.git(['clone', '-q', box.path('repo'), name], '.');
  box.git(['checkout', '-q', 'v2'], name);
  const env = { ...box.env, ...variables, VARVE_TRUST: fingerprints() };
  const codes = lines.map((line) => spawnSync('sh', ['-ec', line], { cwd: box.path(name), env }).status);
  return codes.findIndex((code) => code !== 0);
}

/** Runs the script of a container, in a folder that stands for its file system. */
function runContainer({ command, args }: Container, folder: string, base: string) {
  box.run('mkdir', ['-p', box.path(folder)], '.');
  const script = args[0]!.replaceAll('/work', box.path(folder)).replaceAll('/tmp/', `${box.path(folder)}/`);
  const variables = {
    COMMIT: first,
    REPOSITORY: box.path('repo'),
    REVISION: 'v2',
    DATASET: 'data/flights.csv',
    BASE: base,
    VARVE_TRUST: fingerprints(),
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

test('the gates of GitLab and Jenkins stop data that drifted by their last line, with both reports there, and let other pass', () => {
  const gitlab = parse(readFileSync(resolve(example, 'gitlab.yaml'), 'utf8'));
  const jenkins = readFileSync(resolve(example, 'Jenkinsfile'), 'utf8');
  const stage = (name: string) =>
    [
      ...jenkins
        .split(`stage('${name}')`)[1]!
        .split('stage(')[0]!
        .matchAll(/sh '(.*)'/g),
    ].map(([, line]) => line!);
  const gates: [name: string, lines: string[], variable: string][] = [
    ['gitlab', gitlab.gate.script, 'CI_MERGE_REQUEST_DIFF_BASE_SHA'],
    ['jenkins', stage('Gate'), 'BASE'],
  ];
  for (const [name, lines, variable] of gates) {
    expect(runLines(`${name}-stopped`, lines, { [variable]: first })).toBe(lines.length - 1);
    for (const report of ['report.md', 'report.xml'])
      expect(readFileSync(box.path(`${name}-stopped`, report), 'utf8')).toContain('data/flights.csv');
    expect(runLines(`${name}-passed`, lines, { [variable]: box.git(['rev-parse', 'v2']).trim() })).toBe(-1);
  }
  const trainings = [gitlab.train.script[0], stage('Train')[0]].map((line) => line.replace(/\$\w+/, '…'));
  expect(new Set(trainings)).toEqual(new Set(['python train.py "data/flights.csv@…"']));
});

const checker = spawnSync('check-jsonschema', ['--version']).status === 0;

test.skipIf(!checker)(
  'the pipelines of GitHub and GitLab are what their published schemas ask for (skipped where check-jsonschema is not installed)',
  () => {
    for (const [schema, file] of [
      ['vendor.github-workflows', 'training/github.yaml'],
      ['vendor.gitlab-ci', 'training/gitlab.yaml'],
      ['vendor.gitlab-ci', 'gitlab/.gitlab-ci.yml'],
    ] as const) {
      const words = ['--builtin-schema', schema, resolve(example, '..', file)];
      const { status, stdout } = spawnSync('check-jsonschema', words, { encoding: 'utf8' });
      expect([status, stdout]).toEqual([0, expect.stringContaining('ok')]);
    }
  },
);

const actionlint = spawnSync('actionlint', ['-version']).status === 0;

test.skipIf(!actionlint)(
  'the workflow of GitHub passes actionlint, and names the action with inputs that it has (skipped where actionlint is not installed)',
  () => {
    const { stdout, stderr } = spawnSync('actionlint', [resolve(example, 'github.yaml')], {
      encoding: 'utf8',
    });
    expect(`${stdout}${stderr}`).toBe('');
    const workflow = parse(readFileSync(resolve(example, 'github.yaml'), 'utf8'));
    const action = parse(readFileSync(resolve(example, '../../action.yml'), 'utf8'));
    for (const input of Object.keys(workflow.jobs.gate.steps[1].with))
      expect(action.inputs).toHaveProperty(input);
  },
);

/** Runs both DAGs whole, the gate for a base that drifted, then for one that did not, and tells what each came to. */
const DAGS = `
import sys
from airflow.utils.db import initdb
initdb()
sys.path.insert(0, "dags")
import airflow_dags
repository, stopped, passed = sys.argv[1:]
conf = {"repository": repository, "revision": "v2"}
def run(dag, **conf):
    done = dag.test(run_conf=conf or None)
    print(dag.dag_id, getattr(done, "state", "none"))
    return done
run(airflow_dags.gate_of_flights, **conf, base=stopped)
run(airflow_dags.gate_of_flights, **conf, base=passed)
from airflow.models.asset import AssetEvent
from airflow.utils.session import create_session
import json
with create_session() as session:
    print("events", json.dumps([event.extra for event in session.query(AssetEvent)]))
run(airflow_dags.training_on_flights)
`;

const airflow = process.env.VARVE_AIRFLOW_PYTHON;

test.skipIf(!isHere(airflow) || !isHere(mlflow))(
  'an asset event of Airflow tells which version passed the gate, and it is trained on (skipped where VARVE_AIRFLOW_PYTHON and VARVE_MLFLOW_PYTHON name no Python with Airflow and mlflow)',
  () => {
    chmodSync(box.write('bin/python', `#!/bin/sh\nexec "${mlflow}" "$@"\n`), 0o755);
    box.write('airflow/dags/airflow_dags.py', readFileSync(resolve(example, 'airflow_dags.py')));
    const env = {
      ...box.env,
      VARVE_TRUST: fingerprints(),
      MLFLOW_TRACKING_URI: `sqlite:///${box.path('airflow-runs.db')}`,
      AIRFLOW_HOME: box.path('airflow'),
      AIRFLOW__CORE__DAGS_FOLDER: box.path('airflow/dags'),
      AIRFLOW__CORE__LOAD_EXAMPLES: 'False',
    };
    const words = ['-c', DAGS, `file://${box.path('repo')}`, 'v1', 'v2'];
    const done = spawnSync(airflow!, words, {
      cwd: box.path('airflow'),
      env,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });
    const said = `${done.stdout}${done.stderr}`;
    expect(said).toMatch(/^gate failed$/m);
    expect(said).toMatch(/^gate success$/m);
    expect(said).toMatch(/^training success$/m);
    const [event, ...others] = JSON.parse(/^events (.*)$/m.exec(said)![1]!);
    const { digest, rows } = box.json(['describe', 'data/flights.csv@v2']);
    expect([event, others]).toEqual([
      expect.objectContaining({ digest, rows, commit: box.git(['rev-parse', 'v2']).trim() }),
      [],
    ]);
  },
  300_000,
);

test.skipIf(!isHere(mlflow))(
  'a trial of Katib trains on its commit with its parameter (skipped where VARVE_MLFLOW_PYTHON names no Python with mlflow, scikit-learn and optuna)',
  () => {
    chmodSync(box.write('bin/python', `#!/bin/sh\nexec "${mlflow}" "$@"\n`), 0o755);
    box.env.MLFLOW_TRACKING_URI = `sqlite:///${box.path('katib-runs.db')}`;
    const katib = readFileSync(resolve(example, 'katib.yaml'), 'utf8');
    const text = katib.replaceAll(/\$\{trialParameters\.C\}/g, '0.5');
    const [trial] = parse(text).spec.trialTemplate.trialSpec.spec.template.spec.containers as [Container];
    const { status, stdout, stderr } = runContainer(trial, 'katib', '');
    expect([status, stdout], stderr).toEqual([0, expect.stringMatching(/^accuracy=0\.\d+$/m)]);
  },
  120_000,
);

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

/** What kfp's local runner makes of the pipeline, for a base that drifted, then for one that did not. */
const PIPELINE = `
import sys
sys.path.insert(0, sys.argv[1])
from kfp import local
import kubeflow
local.init(runner=local.SubprocessRunner(use_venv=False), pipeline_root=sys.argv[2])
for base in ["v1", "v2"]:
    try:
        kubeflow.pipeline(repository=sys.argv[3], revision="v2", base=base)
        print("PASSED", base)
    except RuntimeError as error:
        print("STOPPED", base)
`;

test.skipIf(!isHere(pipelines) || !isHere(mlflow))(
  "kfp's local runner trains behind the gate, and not where it is shut (skipped where VARVE_PIPELINES_PYTHON and VARVE_MLFLOW_PYTHON name no Python with kfp and mlflow)",
  () => {
    chmodSync(box.write('bin/python', `#!/bin/sh\nexec "${mlflow}" "$@"\n`), 0o755);
    const env = {
      ...box.env,
      PATH: [box.path('bin'), dirname(pipelines!), process.env.PATH].join(delimiter),
      VARVE_TRUST: fingerprints(),
      MLFLOW_TRACKING_URI: `sqlite:///${box.path('kfp-runs.db')}`,
    };
    const words = ['-c', PIPELINE, example, box.path('kfp'), `file://${box.path('repo')}`];
    const run = spawnSync(pipelines!, words, { cwd: box.path(), env, encoding: 'utf8', maxBuffer: 1 << 26 });
    const said = `${run.stdout}${run.stderr}`;
    expect(said.match(/^(PASSED|STOPPED) v\d$/gm), said).toEqual(['STOPPED v1', 'PASSED v2']);
    const { digest } = box.json(['describe', 'data/flights.csv@v2']);
    expect(said.match(/training on sha256:\S+/g)).toEqual([`training on ${digest}`]);
    expect(said).toMatch(/accuracy 0\.\d+/);
  },
  300_000,
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
