import { chmodSync, existsSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BINARY, Sandbox } from '../support/sandbox.ts';

/** The snippets of examples/trackers, run by the libraries of the trackers where no network is. */
const examples = resolve(import.meta.dirname, '../../examples/trackers');
const python = process.env.VARVE_TRACKERS_PYTHON;
const isHere = python !== undefined && existsSync(python);

let box: Sandbox;
let digest: string;
beforeAll(() => {
  if (!isHere) return;
  box = new Sandbox().repository();
  chmodSync(box.write('bin/varve', `#!/bin/sh\nexec "${process.execPath}" "${BINARY}" "$@"\n`), 0o755);
  box.env.PATH = `${box.path('bin')}${delimiter}${process.env.PATH}`;
  box.write('repo/data/a.csv', 'id\n1\n2\n');
  box.ok(['add', 'data/a.csv']);
  box.commit('one');
  digest = box.json<{ digest: string }>(['describe', 'data/a.csv@HEAD']).digest;
});
afterAll(() => box?.remove());

test.skipIf(!isHere)(
  'a run of Weights & Biases names its version, also offline (skipped where VARVE_TRACKERS_PYTHON names no Python with wandb, boto3 and moto)',
  () => {
    box.env.WANDB_MODE = 'offline';
    box.env.WANDB_DIR = box.path('wandb');
    box.run('mkdir', ['-p', box.path('wandb')], '.');
    const { code, out, err } = box.run(python!, [resolve(examples, 'wandb_run.py'), 'data/a.csv@HEAD']);
    expect([code, out], err).toEqual([0, expect.stringContaining(digest)]);
    const kept = box.run('grep', ['-rlaF', digest, box.path('wandb')], '.').out;
    expect(kept).toMatch(/run-.*\.wandb/);
  },
  120_000,
);

/** AWS as moto has it, which keeps what a client sends. */
const AWS = `
import runpy, sys, boto3
from moto import mock_aws
with mock_aws():
    sys.argv = sys.argv[1:]
    runpy.run_path(sys.argv[0], run_name="__main__")
    kept = boto3.client("sagemaker").describe_trial_component(TrialComponentName="train-1")
    print(kept["Parameters"]["data.digest"]["StringValue"], kept["InputArtifacts"]["data"]["Value"])`;

test.skipIf(!isHere)(
  'a trial component of SageMaker names its version (skipped where VARVE_TRACKERS_PYTHON names no Python with wandb, boto3 and moto)',
  () => {
    Object.assign(box.env, {
      AWS_DEFAULT_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'x',
      AWS_SECRET_ACCESS_KEY: 'x',
    });
    const words = [resolve(examples, 'sagemaker_run.py'), 'train-1', 'data/a.csv@HEAD'];
    const { code, out, err } = box.run(python!, ['-c', AWS, ...words]);
    expect([code, out], err).toEqual([0, `${digest}\n${digest} varve://data/a.csv@HEAD\n`]);
  },
  120_000,
);
