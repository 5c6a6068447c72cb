import { dirname, relative, sep } from 'node:path';
import type { ShownColumns } from '../../engine/shown-columns.ts';
import type { SourceFile } from '../../engine/source-file.ts';
import type { NamedDataset } from './resolve.ts';

/**
 * Have files of a dataset show the columns of the table that they are of, where those are others than their own.
 * @param files where they lie if that is in a working tree, else of the version that is named
 * @throws VarveError `object-missing`, `manifest-damaged`
 */
export async function withShownColumns<File extends Pick<SourceFile, 'columns'> & { absolutePath?: string }>(
  dataset: NamedDataset,
  files: readonly File[],
): Promise<File[]> {
  const shown = dataset.glob === undefined ? await columnsNamed(dataset) : undefined;
  if (dataset.glob === undefined)
    return shown === undefined ? [...files] : files.map((file) => ({ ...file, columns: shown }));
  const known = new Map<string, Promise<ShownColumns | undefined>>();
  return Promise.all(
    files.map(async (file) => {
      const folder = dirname(file.absolutePath!);
      const found = known.get(folder) ?? columnsAround(dataset, folder);
      known.set(folder, found);
      const columns = await found;
      return columns === undefined ? file : { ...file, columns };
    }),
  );
}

async function columnsNamed(dataset: NamedDataset): Promise<ShownColumns | undefined> {
  const { context, version, part, absolutePath } = dataset;
  if (context === undefined) return undefined;
  if (version !== undefined) return context.backend.columns(version);
  // A file or folder that lies within a dataset, or one that belongs to none.
  return part === undefined || absolutePath === undefined ? undefined : columnsAround(dataset, absolutePath);
}

/** Those of the dataset in whose data a folder or file of the working tree lies. */
async function columnsAround({ context }: NamedDataset, place: string): Promise<ShownColumns | undefined> {
  if (context === undefined) return undefined;
  const { backend, repository } = context;
  const path = relative(repository.root, place).replaceAll(sep, '/');
  if (path === '' || path.startsWith('../')) return undefined;
  const around = await backend.datasetAround(path);
  const version = around === undefined ? undefined : await backend.version(around, undefined);
  return version && backend.columns(version);
}
