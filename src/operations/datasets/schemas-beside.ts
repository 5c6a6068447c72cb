import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readPlainFile } from '../../base/files/plain-file.ts';
import { VarveError } from '../../errors.ts';
import { isCommitted } from '../../workspace/git/committed.ts';

const SUFFIXES = ['.schema.yaml', '.schema.pbtxt'];

/** The schemas that lie beside the data of a dataset, from the root. */
export function schemasBeside(root: string, dataset: string): string[] {
  return SUFFIXES.map((suffix) => dataset + suffix).filter((path) => existsSync(join(root, path)));
}

/** The path of the same schema beside a dataset that was moved. */
export function movedSchema(schema: string, from: string, to: string): string {
  return to + schema.slice(from.length);
}

/** People wrote in it: what no commit has is not removed unasked. @throws VarveError `changes-unsaved` */
export function refuseUncommittedSchemas(root: string, dataset: string): void {
  for (const path of schemasBeside(root, dataset)) {
    const text = readPlainFile(join(root, path), path) ?? '';
    // Git may have made CRLF of the line ends that it keeps.
    if ([text, text.replaceAll('\r\n', '\n')].some((one) => isCommitted(root, path, one))) continue;
    throw new VarveError('changes-unsaved', `No commit has ${path} as it lies here`, {
      path,
      remedy: 'Commit it first, or give it up with `--force`.',
    });
  }
}
