import { proposeUpdate, type SchemaChange } from '../schema/update.ts';
import { writeAtomically } from '../workspace/atomic-write.ts';
import type { Watch } from './context.ts';
import { profileOfDataset } from './dataset-profile.ts';
import { nameDataset } from './named-dataset.ts';
import { readSchemaText, schemaFileOf } from './schema-file.ts';

export interface SchemaUpdateResult {
  readonly path: string;
  readonly changes: readonly SchemaChange[];
  /** Unified; empty where the data fits as it is. */
  readonly diff: string;
  readonly written: boolean;
}

/** Relaxes a schema by the least that lets it accept the dataset; what people wrote around it stays. */
export async function schemaUpdate(
  cwd: string,
  argument: string,
  options: { readonly schema?: string | undefined; readonly dryRun?: boolean | undefined } = {},
  watch: Watch = {},
): Promise<SchemaUpdateResult> {
  const dataset = nameDataset(cwd, argument, watch);
  const file = schemaFileOf(dataset, cwd, options.schema);
  const before = readSchemaText(file);
  const { profile } = await profileOfDataset(dataset);
  const { text, changes, diff } = proposeUpdate(before, file.name, profile);
  const written = changes.length > 0 && !options.dryRun;
  if (written) writeAtomically(file.absolutePath, [Buffer.from(text)]);
  return { path: file.name, changes, diff, written };
}
