import { join } from 'node:path';
import { foundDelimiter } from '../../engine/formats/text/found-delimiter.ts';
import type { DescribedTable } from '../../report/standards/description.ts';
import { fileFormatOf } from '../../report/standards/file-formats.ts';
import type { SnapshotFile } from '../backend/results.ts';
import type { DatasetVersion } from '../backend/version.ts';
import type { Context } from '../context/context.ts';

/** Files that are looked at: others of a folder are written as they are. */
const MAX_FILES = 20;
const DELIMITED = ['csv', 'tsv', 'tab'];

/**
 * What separates the fields of the text files of a version, by their first lines, where they lie here as that version has them; undefined
 * where they do not, or have several. Statistics say how many columns there are.
 */
export async function delimiterAtHand(
  { backend, repository }: Context,
  { path, kind, name }: DatasetVersion,
  files: readonly SnapshotFile[],
  tables: readonly DescribedTable[],
): Promise<string | undefined> {
  const texts = files.filter((file) => DELIMITED.includes(fileFormatOf(kind === 'file' ? path : file.path)));
  const [table, ...others] = tables;
  if (texts.length === 0 || table === undefined || others.length > 0) return undefined;
  const [here] = (await backend.status([join(repository.root, path)])).datasets;
  if (here === undefined || here.dataDigest !== name || here.only !== undefined) return undefined;
  const columns = new Set(table.features.map(({ path: steps }) => steps[0])).size;
  const found = new Set<string | undefined>();
  for (const file of texts.slice(0, MAX_FILES)) {
    const inside = kind === 'file' ? path : join(path, file.path);
    const absolutePath = join(repository.root, inside);
    found.add(await foundDelimiter({ absolutePath, path: inside }, columns));
  }
  const [delimiter, ...more] = found;
  return more.length === 0 ? delimiter : undefined;
}
