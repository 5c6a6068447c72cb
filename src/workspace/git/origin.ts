import { git } from './git.ts';

/** The address of Git's remote `origin`, as it was set; undefined if there is none. It may hold a password. */
export function originUrl(root: string): string | undefined {
  const { code, output } = git(root, ['config', '--get', 'remote.origin.url'], { accept: [1] });
  const url = output.toString('utf8').trim();
  return code === 0 && url !== '' ? url : undefined;
}
