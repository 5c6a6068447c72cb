import { git } from './git.ts';

/** The name of the branch that HEAD is on, else the commit that it is at; undefined where there is no commit yet. */
export function headName(root: string): string | undefined {
  const commit = answer(root, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}']);
  if (commit === undefined) return undefined;
  return answer(root, ['symbolic-ref', '--short', '--quiet', 'HEAD']) ?? commit;
}

function answer(root: string, args: readonly string[]): string | undefined {
  const { code, output } = git(root, args, { accept: [1, 128] });
  return code === 0 ? output.toString().trim() : undefined;
}
