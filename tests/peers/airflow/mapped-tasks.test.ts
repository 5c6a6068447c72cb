import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { BINARY, Sandbox } from '../../support/sandbox.ts';

const python = process.env.VARVE_AIRFLOW_PYTHON;
const isHere = python !== undefined && existsSync(python);
const EXAMPLE = join(import.meta.dirname, '..', '..', '..', 'examples', 'airflow', 'varve_profile.py');

let box: Sandbox | undefined;
afterAll(() => box?.remove());

/** Writes the example with the words of this test in place of its own. */
const WRITE = `
import sys
source, repository, trust, folder = sys.argv[1:]
text = open(source, encoding="utf-8").read()
for old, new in [("https://git.example.org/team/data.git", repository), ("sha256:…", trust), ('"/parts"', repr(folder)), ("PARTS = 16", "PARTS = 3")]:
    assert old in text
    text = text.replace(old, new)
open("dags/varve_profile.py", "w", encoding="utf-8").write(text)
from airflow.utils.db import initdb
initdb()
`;

test.skipIf(!isHere)(
  'mapped tasks of Airflow make the profile that travels with the version (skipped where VARVE_AIRFLOW_PYTHON names no Python with Airflow)',
  () => {
    box = new Sandbox().repository();
    for (const name of ['a', 'b', 'c']) box.write(`repo/data/logs/${name}.csv`, `n\n${'1\n2\n'.repeat(40)}`);
    box.ok(['remote', 'add', 'origin', box.path('remote')]);
    box.ok(['add', 'data/logs']);
    box.commit('logs');
    box.ok(['push']);
    const whole = box.ok(['profile', 'data/logs@HEAD', '--format', 'json']);
    box.git(['clone', '-q', `file://${box.path('repo')}`, 'fresh'], '.');
    const [, trust] = /varve trust (sha256:[0-9a-f]+)/.exec(box.varve(['fetch'], 'fresh').err)!;
    chmodSync(box.write('bin/varve', `#!/bin/sh\nexec '${process.execPath}' '${BINARY}' "$@"\n`), 0o755);
    mkdirSync(box.path('airflow/dags'), { recursive: true });
    const env = {
      ...box.env,
      PATH: `${box.path('bin')}:${box.env.PATH}`,
      AIRFLOW_HOME: box.path('airflow'),
      AIRFLOW__CORE__DAGS_FOLDER: box.path('airflow/dags'),
      AIRFLOW__CORE__LOAD_EXAMPLES: 'False',
      AIRFLOW__CORE__UNIT_TEST_MODE: 'False',
    };
    const words = [EXAMPLE, `file://${box.path('repo')}`, trust!, box.path('parts')];
    const run = (...given: string[]) =>
      spawnSync(python!, given, { cwd: box!.path('airflow'), env, encoding: 'utf8' });
    const written = run('-c', WRITE, ...words);
    expect(written.status, written.stderr.slice(-3000)).toBe(0);
    const done = run('-m', 'airflow', 'dags', 'test', 'varve_profile');
    expect(done.status, (done.stdout + done.stderr).slice(-3000)).toBe(0);
    const [id] = readdirSync(box.path('parts'));
    expect(readFileSync(box.path('parts', id!, 'profile.json'), 'utf8')).toBe(whole);
    expect(readdirSync(box.path('parts', id!)).filter((name) => name.endsWith('.part'))).toHaveLength(3);
  },
  300_000,
);
