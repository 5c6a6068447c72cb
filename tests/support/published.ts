import { readdirSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { expect } from 'vitest';

/** Throws where a document is not as its published JSON Schema says. */
export function assertPublished(name: string, document: unknown): void {
  const ajv = new Ajv({ strict: false });
  const schemas = new URL('../../schemas/', import.meta.url);
  for (const file of readdirSync(schemas))
    ajv.addSchema(JSON.parse(readFileSync(new URL(file, schemas), 'utf8')), file);
  const validate = ajv.getSchema(`${name}.schema.json`)!;
  expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
}
