import { VarveError } from '../../errors.ts';
import type { DatasetVersion } from './version.ts';

/** A version has no file of this name, or it is a file itself and was asked for one within. */
export function noSuchFile({ path, kind }: DatasetVersion, file: string | undefined): VarveError {
  const [what, remedy] =
    file === undefined
      ? [`${path} is a folder`, 'Name one of its files.']
      : [`${path} has no file ${file}`, 'List the files that it has.'];
  return new VarveError('path-missing', kind === 'file' ? `${path} is a file, and has none within` : what, {
    path,
    remedy: kind === 'file' ? 'Name no file within it.' : remedy,
  });
}

/** Only the top of a repository of DVC can be taken into varve's format. */
export function notDvc(root: string): VarveError {
  return new VarveError(
    'dvc-missing',
    `${root} is not the top of a Git repository in which DVC was started`,
    {
      path: root,
      remedy: 'Run `varve import-dvc` at the top of a repository that has `.dvc` and no `.varve`.',
    },
  );
}
