import { stringifySchema } from '../schema/format/stringify.ts';
import type { Schema } from '../schema/model.ts';
import { schemaToConstraints } from '../schema/sagemaker/constraints.ts';
import { schemaToPbtxt } from '../schema/tfdv/schema-to.ts';
import type { Watch } from './context/context.ts';
import { nameDataset } from './datasets/resolve.ts';
import { isPbtxt, readSchema, readSchemaText, schemaFileOf } from './statistics/schema-file.ts';

export type ShownSchemaFormat = 'yaml' | 'tfdv' | 'sagemaker';

export const SHOWN_SCHEMA_FORMATS: readonly ShownSchemaFormat[] = ['yaml', 'tfdv', 'sagemaker'];

export interface SchemaShowResult {
  readonly path: string;
  readonly text: string;
}

const WRITERS: Readonly<Record<ShownSchemaFormat, (schema: Schema) => string>> = {
  yaml: stringifySchema,
  tfdv: schemaToPbtxt,
  sagemaker: schemaToConstraints,
};

/** Print the schema of a dataset, checked, as YAML, as TFDV's text format or as `constraints.json` of SageMaker; as it stands if that is how it is kept. */
export async function schemaShow(
  cwd: string,
  argument: string,
  options: { readonly schema?: string | undefined; readonly format?: ShownSchemaFormat | undefined } = {},
  watch: Watch = {},
): Promise<SchemaShowResult> {
  const file = schemaFileOf(await nameDataset(cwd, argument, watch), cwd, options.schema);
  const schema = readSchema(file);
  const asked = options.format ?? 'yaml';
  const kept = isPbtxt(file) ? 'tfdv' : 'yaml';
  const text = asked === kept ? readSchemaText(file) : WRITERS[asked](schema);
  return { path: file.name, text };
}
