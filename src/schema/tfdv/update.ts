import type { Profile } from '../../profile/model/model.ts';
import { lineDiff } from '../format/line-diff.ts';
import { parseSchema } from '../format/parse.ts';
import { stringifySchema } from '../format/stringify.ts';
import { proposeUpdate, type SchemaUpdate } from '../update.ts';
import { schemaFromPbtxt } from './schema-from.ts';
import { schemaToPbtxt } from './schema-to.ts';

/**
 * Proposes an update, as `proposeUpdate` does, of a schema in TFDV's text format. Prints the format anew; the diff is
 * against the old schema printed the same way, so that it shows changes only.
 * @throws VarveError `tfdv-invalid`, `schema-invalid`
 */
export function proposePbtxtUpdate(pbtxt: string, where: string, profile: Profile): SchemaUpdate {
  const schema = schemaFromPbtxt(pbtxt, where);
  const { text, changes } = proposeUpdate(stringifySchema(schema), where, profile);
  if (changes.length === 0) return { text: pbtxt, changes, diff: '' };
  const updated = schemaToPbtxt(parseSchema(text, where));
  return { text: updated, changes, diff: lineDiff(schemaToPbtxt(schema), updated, where) };
}
