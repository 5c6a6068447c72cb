import { writeAtomically } from '../base/files/atomic-write.ts';
import type { Anomaly } from '../schema/anomaly.ts';
import { proposePbtxtUpdate } from '../schema/tfdv/update.ts';
import { proposeUpdate, type SchemaChange } from '../schema/update.ts';
import type { Watch } from './context/context.ts';
import { withNamedDatasets } from './datasets/named-datasets.ts';
import type { NamedDataset } from './datasets/resolve.ts';
import { profileOfDataset } from './statistics/load.ts';
import { type ComputingOptions, computingOptions } from './statistics/profiling-options.ts';
import { isPbtxt, neededSchemaFileOf, parseSchemaOf, readSchemaText } from './statistics/schema-file.ts';
import { validateLoaded } from './validate.ts';

export interface SchemaUpdateResult {
  readonly path: string;
  readonly changes: readonly SchemaChange[];
  /** Unified; empty if the data fits as it is. */
  readonly diff: string;
  readonly written: boolean;
  /** What the data still breaks: keys and checks of rows, which are left to people, as comparators are. */
  readonly left: readonly Anomaly[];
}

export interface SchemaUpdateChoice extends ComputingOptions {
  /** Another schema than the dataset's own. */
  readonly schema?: string | undefined;
  /** Say what would change, and write nothing. */
  readonly dryRun?: boolean | undefined;
}

/** Relax a schema by the least that lets it accept the dataset; what people wrote around it stays. */
export async function schemaUpdate(
  cwd: string,
  argument: string,
  options: SchemaUpdateChoice = {},
  watch: Watch = {},
): Promise<SchemaUpdateResult> {
  return withNamedDatasets(cwd, [argument], watch, ([dataset]) => updateFrom(cwd, dataset!, options));
}

async function updateFrom(
  cwd: string,
  dataset: NamedDataset,
  options: SchemaUpdateChoice,
): Promise<SchemaUpdateResult> {
  const file = neededSchemaFileOf(dataset, cwd, options.schema);
  const before = readSchemaText(file);
  const profiled = await profileOfDataset(dataset, computingOptions(options));
  const propose = isPbtxt(file) ? proposePbtxtUpdate : proposeUpdate;
  const { text, changes, diff } = propose(before, file.name, profiled.profile);
  const schema = parseSchemaOf(file, text);
  const { anomalies } = await validateLoaded(dataset, profiled, schema, computingOptions(options), {
    schemaName: file.name,
  });
  const written = changes.length > 0 && !options.dryRun;
  if (written) writeAtomically(file.absolutePath, [Buffer.from(text)]);
  return { path: file.name, changes, diff, written, left: anomalies };
}
