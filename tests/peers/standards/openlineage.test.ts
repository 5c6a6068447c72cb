import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Sandbox } from '../../support/sandbox.ts';

/** The published schemas, the standard's own client and a server that keeps what it is told are the judges. */
const python = process.env.VARVE_STANDARDS_PYTHON;
const spec = process.env.VARVE_OPENLINEAGE_SPEC;
const marquez = process.env.VARVE_MARQUEZ_URL;
const hasPython = python !== undefined && existsSync(python);
const hasSpec = spec !== undefined && existsSync(join(spec, 'OpenLineage.json'));

interface LineageEvent {
  readonly schemaURL: string;
}

let box: Sandbox;
let events: LineageEvent[] = [];
beforeAll(() => {
  if (!hasPython && !hasSpec && marquez === undefined) return;
  box = new Sandbox().repository().withRemote();
  box.write('repo/data/people.csv', 'name,age,born\nAnn,41,1985-02-03\nBob,,1990-12-01\n');
  box.write('repo/data/photos/a.png', 'x');
  box.env.OPENLINEAGE_PARENT_ID = 'airflow/daily.train/019a1b2c-0000-7000-8000-000000000001';
  const told = ['--openlineage', 'events.jsonl'];
  box.ok(['add', 'data/people.csv', 'data/photos', ...told]);
  box.ok(['meta', 'data/people.csv', 'description=People']);
  box.ok(['schema', 'infer', 'data/people.csv']);
  box.commit('one');
  box.ok(['push', ...told]);
  box.write('repo/data/people.csv', `name,age,born\n${'Cid,,1990-12-01\n'.repeat(300)}`);
  box.ok(['add', 'data/people.csv', ...told]);
  box.varve(['validate', 'data/people.csv', ...told]);
  box.varve(['drift', 'data/people.csv@HEAD', 'data/people.csv', ...told]);
  box.varve(['check', '--base', 'HEAD', ...told]);
  box.varve(['add', 'data/absent', ...told]);
  box.ok(['describe', 'data/people.csv@HEAD', '--format', 'openlineage', '--output', 'dataset.json']);
  const lines = readFileSync(box.path('repo/events.jsonl'), 'utf8').trimEnd().split('\n');
  events = [...lines, readFileSync(box.path('repo/dataset.json'), 'utf8')].map((line) => JSON.parse(line));
});
afterAll(() => box?.remove());

/** Every facet in an event, wherever it stands. */
function facetsIn(value: unknown): Record<string, unknown>[] {
  if (typeof value !== 'object' || value === null) return [];
  const within = Object.values(value).flatMap(facetsIn);
  return '_schemaURL' in value ? [value as Record<string, unknown>, ...within] : within;
}

test.skipIf(!hasSpec)(
  'events and their facets are as the published JSON Schemas say (skipped where VARVE_OPENLINEAGE_SPEC names no folder with OpenLineage.json and facets)',
  () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    const read = (...path: string[]) => JSON.parse(readFileSync(join(spec!, ...path), 'utf8'));
    ajv.addSchema(read('OpenLineage.json'));
    for (const file of readdirSync(join(spec!, 'facets'))) ajv.addSchema(read('facets', file));
    const holds = (document: unknown, url: string) => {
      const validate = ajv.getSchema(url);
      expect(validate, url).toBeDefined();
      expect(validate!(document), `${url} ${JSON.stringify(validate!.errors)}`).toBe(true);
    };
    const names = new Set<unknown>();
    for (const event of events) {
      holds(event, event.schemaURL);
      for (const facet of facetsIn(event)) {
        holds(facet, facet._schemaURL as string);
        names.add((facet._schemaURL as string).split('/').at(-1));
      }
    }
    expect([...names].sort()).toEqual([
      'DataQualityAssertionsDatasetFacet',
      'DataQualityMetricsDatasetFacet',
      'DataQualityMetricsInputDatasetFacet',
      'DatasetVersionDatasetFacet',
      'DocumentationDatasetFacet',
      'ErrorMessageRunFacet',
      'JobTypeJobFacet',
      'LifecycleStateChangeDatasetFacet',
      'OutputStatisticsOutputDatasetFacet',
      'ParentRunFacet',
      'SchemaDatasetFacet',
      'StorageDatasetFacet',
      'SymlinksDatasetFacet',
    ]);
  },
);

/** Makes each event of the client's own classes, which check it, and has the client send it on into a file. */
const CLIENT = `
import importlib, json, pkgutil, sys
from openlineage.client import OpenLineageClient
from openlineage.client import generated
from openlineage.client.event_v2 import DatasetEvent, InputDataset, Job, OutputDataset, Run, RunEvent, RunState, StaticDataset
from openlineage.client.transport.file import FileConfig, FileTransport
classes = {}
for module in pkgutil.iter_modules(generated.__path__):
    classes.update(vars(importlib.import_module(f"openlineage.client.generated.{module.name}")))
def facet(value):
    kind = classes[value["_schemaURL"].split("/")[-1]]
    return kind(**{key: each for key, each in value.items() if not key.startswith("_")})
def facets(values):
    return {key: facet(value) for key, value in (values or {}).items()}
def source(each):
    return InputDataset(each["namespace"], each["name"], facets=facets(each["facets"]), inputFacets=facets(each.get("inputFacets")))
def made(each):
    return OutputDataset(each["namespace"], each["name"], facets=facets(each["facets"]), outputFacets=facets(each.get("outputFacets")))
client = OpenLineageClient(transport=FileTransport(FileConfig(log_file_path=sys.argv[1], append=True)))
for event in json.load(sys.stdin):
    if "dataset" in event:
        each = event["dataset"]
        client.emit(DatasetEvent(eventTime=event["eventTime"], producer=event["producer"], dataset=StaticDataset(each["namespace"], each["name"], facets=facets(each["facets"]))))
    else:
        run, job = event["run"], event["job"]
        client.emit(RunEvent(eventTime=event["eventTime"], producer=event["producer"], eventType=RunState[event["eventType"]],
            run=Run(run["runId"], facets(run["facets"])), job=Job(job["namespace"], job["name"], facets(job["facets"])),
            inputs=[source(each) for each in event["inputs"]], outputs=[made(each) for each in event["outputs"]]))
`;

test.skipIf(!hasPython)(
  "the standard's own Python client takes each event and facet (skipped where VARVE_STANDARDS_PYTHON names no Python with openlineage-python)",
  () => {
    const sent = box.path('sent.jsonl');
    const options = {
      cwd: box.root,
      env: box.env,
      input: JSON.stringify(events),
      encoding: 'utf8',
    } as const;
    const said = spawnSync(python!, ['-c', CLIENT, sent], options);
    expect(said.status, said.stderr).toBe(0);
    const lines = readFileSync(sent, 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(events.length);
    const kinds = lines.map((line) => JSON.parse(line).eventType);
    expect(kinds).toEqual(events.map((event) => (event as { eventType?: string }).eventType));
  },
);

test.skipIf(marquez === undefined)(
  'Marquez keeps the runs, and the versions with their columns and checks (skipped where VARVE_MARQUEZ_URL names none)',
  async () => {
    delete box.env.OPENLINEAGE_PARENT_ID;
    box.env.OPENLINEAGE_URL = marquez;
    box.env.OPENLINEAGE_NAMESPACE = `varve-${Date.now()}`;
    expect((await box.later(['validate', 'data/people.csv'])).err).toBe('');
    expect((await box.later(['push'])).err).toBe('');
    const at = `${marquez!.replace(/\/$/, '')}/api/v1/namespaces`;
    const kept = async (path: string) => (await fetch(`${at}/${path}`)).json();
    const job = (await kept(`${box.env.OPENLINEAGE_NAMESPACE}/jobs/repo.push`)) as Record<string, unknown>;
    expect(job).toMatchObject({
      latestRun: { state: 'COMPLETED' },
      inputs: expect.arrayContaining([{ namespace: 'file', name: box.path('repo/data/people.csv') }]),
      outputs: expect.arrayContaining([{ namespace: 'file', name: box.path('remote/data/people.csv') }]),
    });
    const dataset = (await kept(
      `file/datasets/${encodeURIComponent(box.path('repo/data/people.csv'))}`,
    )) as Record<string, unknown>;
    expect(dataset).toMatchObject({
      fields: [{ name: 'name' }, { name: 'age' }, { name: 'born' }],
      facets: { version: { datasetVersion: expect.stringMatching(/^sha256:/) } },
    });
  },
);
