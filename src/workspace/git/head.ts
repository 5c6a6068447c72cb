import { askGit } from './git.ts';

/** The name of the branch that HEAD is on, else the commit that it is at; undefined where there is no commit yet. */
export async function headName(root: string): Promise<string | undefined> {
  const [commit, branch] = await Promise.all([
    answer(root, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}']),
    answer(root, ['symbolic-ref', '--short', '--quiet', 'HEAD']),
  ]);
  return commit === undefined ? undefined : (branch ?? commit);
}

async function answer(root: string, args: readonly string[]): Promise<string | undefined> {
  const { code, output } = await askGit(root, args, { accept: [1, 128] });
  return code === 0 ? output.toString().trim() : undefined;
}
