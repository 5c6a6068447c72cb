import type { CommandEntry } from './command.ts';

/** All commands, in the order of `varve --help`. */
export const COMMANDS: readonly CommandEntry[] = [
  { name: 'init', summary: 'start in a Git repository', load: () => import('./commands/init.ts') },
  { name: 'add', summary: 'snapshot data and write its pointer', load: () => import('./commands/add.ts') },
  { name: 'status', summary: 'show which data has changed', load: () => import('./commands/status.ts') },
  { name: 'diff', summary: 'show what changed between versions', load: () => import('./commands/diff.ts') },
  { name: 'log', summary: 'show the versions of a dataset', load: () => import('./commands/log.ts') },
  {
    name: 'which',
    summary: 'find the versions that have a digest',
    load: () => import('./commands/which.ts'),
  },
  {
    name: 'describe',
    summary: 'tell the facts of a version, by standards',
    load: () => import('./commands/describe.ts'),
  },
  {
    name: 'meta',
    summary: 'say something of a dataset, as its license',
    load: () => import('./commands/meta.ts'),
  },
  {
    name: 'lock',
    summary: 'write down which versions the data is',
    load: () => import('./commands/lock.ts'),
  },
  {
    name: 'checkout',
    summary: 'make the data match its pointers',
    load: () => import('./commands/checkout.ts'),
  },
  {
    name: 'restore',
    summary: 'put the data of a version in place of that here',
    load: () => import('./commands/restore.ts'),
  },
  { name: 'ls', summary: 'list datasets and their files', load: () => import('./commands/ls.ts') },
  {
    name: 'get',
    summary: 'copy a version, also of another repository',
    load: () => import('./commands/get.ts'),
  },
  { name: 'cat', summary: 'print a file of a version', load: () => import('./commands/cat.ts') },
  { name: 'mv', summary: 'move datasets', load: () => import('./commands/mv.ts') },
  { name: 'rm', summary: 'take datasets out of version control', load: () => import('./commands/rm.ts') },
  {
    name: 'remote',
    summary: 'manage where snapshots are pushed to',
    load: () => import('./commands/remote.ts'),
  },
  {
    name: 'trust',
    summary: 'agree to settings that came with the repository',
    load: () => import('./commands/trust.ts'),
  },
  { name: 'push', summary: 'send snapshots to a remote', load: () => import('./commands/push.ts') },
  { name: 'fetch', summary: 'bring snapshots into the cache', load: () => import('./commands/fetch.ts') },
  { name: 'pull', summary: 'fetch, then check out', load: () => import('./commands/pull.ts') },
  { name: 'verify', summary: 'check every byte', load: () => import('./commands/verify.ts') },
  {
    name: 'profile',
    summary: 'show the statistics of a dataset',
    load: () => import('./commands/profile.ts'),
  },
  {
    name: 'schema',
    summary: 'say what a dataset should look like',
    load: () => import('./commands/schema.ts'),
  },
  {
    name: 'validate',
    summary: 'hold a dataset against its schema',
    load: () => import('./commands/validate.ts'),
  },
  {
    name: 'drift',
    summary: 'report what changed between two datasets',
    load: () => import('./commands/drift.ts'),
  },
  {
    name: 'check',
    summary: 'validate and compare what changed since a base',
    load: () => import('./commands/check.ts'),
  },
  {
    name: 'du',
    summary: 'show what datasets take up',
    load: () => import('./commands/du.ts'),
  },
  { name: 'gc', summary: 'drop what nothing names', load: () => import('./commands/gc.ts') },
  {
    name: 'purge',
    summary: 'remove the bytes of a file for good',
    load: () => import('./commands/purge.ts'),
  },
  {
    name: 'serve',
    summary: 'serve every version over S3',
    load: () => import('./commands/serve.ts'),
  },
  { name: 'git', summary: 'let Git show, merge and push data', load: () => import('./commands/git.ts') },
  {
    name: 'import',
    summary: 'take in a dataset of another repository',
    load: () => import('./commands/import.ts'),
  },
  {
    name: 'update',
    summary: 'bring imported datasets up to date',
    load: () => import('./commands/update.ts'),
  },
  {
    name: 'import-dvc',
    summary: 'take a DVC repository into varve',
    load: () => import('./commands/import-dvc.ts'),
  },
  {
    name: 'export-dvc',
    summary: 'turn a repository of varve into one of DVC',
    load: () => import('./commands/export-dvc.ts'),
  },
  {
    name: 'export',
    summary: 'write versions as tables that engines read',
    load: () => import('./commands/export.ts'),
  },
  { name: 'url', summary: 'print where files lie on a remote', load: () => import('./commands/url.ts') },
  {
    name: 'rpc',
    summary: 'serve a program, such as the Python package',
    load: () => import('./commands/rpc.ts'),
  },
  {
    name: 'completion',
    summary: 'print a script that completes commands in a shell',
    load: () => import('./commands/completion.ts'),
  },
  { name: 'version', summary: 'print the version', load: () => import('./commands/version.ts') },
];
