import { git } from './git.ts';

/**
 * Whether a commit of some branch, tag or remote branch has a file of this text at this path, so that Git can bring it back. Filters that
 * the settings of Git name are not run.
 * @param root a folder of the working tree
 * @param path POSIX, from `root`
 * @param text with line ends as Git keeps them
 */
export function isCommitted(root: string, path: string, text: string): boolean {
  const id = git(root, ['hash-object', '--stdin'], { input: text }).output.toString().trim();
  const revisions = ['--all', 'HEAD'];
  const args = ['rev-list', '--objects', '--full-history', '--ignore-missing', ...revisions];
  const { code, output } = git(root, [...args, '--', `:(literal)${path}`], { accept: [128] });
  // Of no commit yet, HEAD names nothing.
  return (
    code === 0 &&
    output
      .toString()
      .split('\n')
      .some((line) => line.startsWith(`${id} `))
  );
}
