const PIPELINES =
  'varve runs no pipelines: run them by DVC, make or your own scripts, and `varve add` what they make.';
const EXPERIMENTS =
  'varve tracks no experiments: `varve log` shows the versions of data, `varve drift` what changed in it.';

/** Git does this to pointers; the data follows. */
function byGit(command: string): string {
  return `\`git ${command}\` for the pointers, then \`varve checkout\` for the data.`;
}

/** What people type who know DVC, Git, Git LFS or a backup tool, and how it is done in varve. */
export const OTHER_WORDS: Readonly<Record<string, string>> = {
  artifacts: EXPERIMENTS,
  backup: '`varve add` makes a version, and `varve push` sends it to a remote.',
  bisect: byGit('bisect'),
  branch: byGit('branch` and `git switch'),
  cache:
    'the setting `cache` in `.varve/config.local.yaml` says where it lies; `varve verify` checks it, `varve gc` cleans it. In a repository of DVC: `dvc cache`.',
  'cat-file': '`varve cat PATH@REV`.',
  'cherry-pick': byGit('cherry-pick'),
  clone: '`git clone`, then `varve pull` in the clone.',
  commit: '`varve add` makes a version of the data, and `git commit` keeps its pointer.',
  config:
    'settings stand in `.varve/config.yaml`, and those of this clone alone in `.varve/config.local.yaml`. In a repository of DVC: `dvc config`.',
  copy: '`varve get PATH@REV -o COPY`.',
  cp: '`varve get PATH@REV -o COPY`.',
  'check-ignore':
    '`git check-ignore -v PATH` for data, which Git ignores; `.varveignore` says what stays out of datasets.',
  dag: PIPELINES,
  data: '`varve status` for what changed, `varve ls` for what there is.',
  delete: '`varve rm`.',
  destroy:
    '`varve rm` takes datasets out, and their data stays where it lies. The cache is in `.git/varve`, or where the setting `cache` says; before you remove that, `varve push --all-commits`. In a repository of DVC: `dvc destroy`.',
  doctor: '`varve version`; with VARVE_DEBUG=1 in the environment, every command says what it does.',
  download: '`varve pull`, or `varve get` for a single version.',
  exp: EXPERIMENTS,
  experiments: EXPERIMENTS,
  freeze: PIPELINES,
  fsck: '`varve verify`.',
  'get-url':
    '`varve add URL --to PATH` lists what lies in a bucket, and `varve pull` brings it. In a repository of DVC: `dvc get-url`.',
  'import-url': '`varve add URL --to PATH`. In a repository of DVC: `dvc import-url`.',
  install: '`varve git install`. In a repository of DVC: `dvc install`.',
  lfs: '`varve add` in place of `git lfs track`; `varve push` and `varve pull` move the data.',
  list: '`varve ls`.',
  'ls-files': '`varve ls`.',
  'ls-tree': '`varve ls -R REV PATH`.',
  merge:
    '`git merge` for the pointers, and of folders also the data once `varve git install` ran; then `varve checkout`.',
  metrics: EXPERIMENTS,
  move: '`varve mv`.',
  params: EXPERIMENTS,
  plots: EXPERIMENTS,
  prune: '`varve gc`. In a repository of DVC: `dvc gc --all-commits`.',
  queue: EXPERIMENTS,
  rebase: byGit('rebase'),
  remove: '`varve rm`.',
  rename: '`varve mv`.',
  repro: PIPELINES,
  reset: byGit('reset'),
  revert: byGit('revert'),
  root: '`git rev-parse --show-toplevel`.',
  run: PIPELINES,
  show: '`varve cat PATH@REV` for a file, `varve diff REV~1 REV` for what a commit changed.',
  snapshot: '`varve add`.',
  snapshots: '`varve log PATH`.',
  stage: PIPELINES,
  stash: '`varve add`, then `git stash` for the pointers, then `varve checkout`.',
  studio: EXPERIMENTS,
  switch: byGit('switch'),
  tag: '`git tag`: every version of data is named by it too, as `PATH@TAG`.',
  track: '`varve add`.',
  unfreeze: PIPELINES,
  unprotect:
    'nothing needs it: change the data and `varve add` it. With `checkout: link`, replace files, as they are read-only.',
  untrack: '`varve rm`.',
  upload: '`varve push`.',
  worktree: '`git worktree add`, then `varve checkout` there.',
};
