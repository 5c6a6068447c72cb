import { VarveError } from '../../errors.ts';

/** Only the top of a repository of DVC can be taken into varve's format. */
export function notDvc(root: string): VarveError {
  return new VarveError(
    'not-a-dvc-repository',
    `${root} is not the top of a Git repository in which DVC was started`,
    {
      path: root,
      remedy: 'Run `varve import-dvc` at the top of a repository that has `.dvc` and no `.varve`.',
    },
  );
}
