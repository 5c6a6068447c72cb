import { VarveError } from '../errors.ts';
import { type DescribedData, isCroissant, schemaFromCroissant } from './croissant/schema-from.ts';
import type { Schema } from './model.ts';
import { isConstraints, schemaFromConstraints } from './sagemaker/constraints.ts';
import { isMonitorStatistics, schemaFromStatistics } from './sagemaker/statistics.ts';

/**
 * The schema that a document of another program gives of a dataset: metadata of Croissant, or constraints or
 * statistics of SageMaker Model Monitor.
 * @param where the name of the document, for messages
 * @param explain with what the document says of each feature as a comment
 * @throws VarveError `schema-source-invalid`
 */
export function schemaFromSource(text: string, where: string, data: DescribedData, explain: boolean): Schema {
  const document = parsed(text, where);
  if (isCroissant(document)) return schemaFromCroissant(document, data, where, explain);
  if (isMonitorStatistics(document)) return schemaFromStatistics(document, where);
  if (isConstraints(document)) return schemaFromConstraints(document, where);
  throw notKnown(where, 'is neither Croissant metadata nor constraints or statistics of SageMaker');
}

function parsed(text: string, where: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    throw notKnown(where, 'is no JSON');
  }
}

function notKnown(where: string, what: string): VarveError {
  return new VarveError('schema-source-invalid', `${where} ${what}`, {
    path: where,
    remedy: 'Name the file that tells of the columns; data itself is named without `--from`.',
  });
}
