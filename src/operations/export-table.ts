import type { TableFormat } from '../tables/format.ts';
import { closing } from './context/closing.ts';
import type { Context } from './context/context.ts';
import { namedVersion } from './open-version.ts';
import { Exporter, type ExportTableResult } from './tables/exporter.ts';
import { checkTablePath } from './tables/path.ts';
import { wantedVersions } from './tables/wanted.ts';

export interface ExportTableOptions {
  readonly format: TableFormat;
  /** Revisions of Git, in the order in which they are to be versions of the table; all commits that changed the dataset unless given. */
  readonly revisions?: readonly string[] | undefined;
  /** Name of a remote other than the default. */
  readonly remote?: string | undefined;
  /** Writes into the settings that every push to this remote adds the versions that are new. */
  readonly onPush?: boolean | undefined;
}

/**
 * Write the versions of a dataset as a table that engines read in place: its files are those that the remote has already. Adds the
 * versions that the table lacks, each whole or not at all.
 * @param path folder of the table on the remote
 * @param dataset its path, or that of a folder within it; of `path@REV`, that version alone
 * @throws VarveError `table-path-invalid`, `table-unsupported`, `table-foreign`, `table-place-unsupported`, `table-unreadable`, `object-missing`, `dvc-unsupported`
 */
export async function exportTable(
  context: Context,
  path: string,
  dataset: string,
  { format, revisions, remote, onPush = false }: ExportTableOptions,
): Promise<ExportTableResult> {
  checkTablePath(path);
  return closing(await context.backend.openTablePlace(remote), async (place) => {
    const { version, part } = await namedVersion(context, dataset);
    const source = part === undefined ? version.path : `${version.path}/${part}`;
    const chosen = revisions ?? (version.commit === undefined ? undefined : [version.commit]);
    const wanted = await wantedVersions(context, version.path, chosen);
    const exporter = new Exporter(context, place, { path, format, source, part });
    const result = await exporter.run(wanted, chosen !== undefined);
    if (onPush) await context.backend.followTable(path, { format, dataset: source, remote: place.name });
    return result;
  });
}
