import type { CommandEntry } from './command.ts';

/** In the order of `varve --help`. */
export const COMMANDS: readonly CommandEntry[] = [
  { name: 'init', summary: 'start in a Git repository', load: () => import('./init.ts') },
  { name: 'add', summary: 'snapshot data and write its pointer', load: () => import('./add.ts') },
  { name: 'status', summary: 'show which data has changed', load: () => import('./status.ts') },
  { name: 'diff', summary: 'show what changed between versions', load: () => import('./diff.ts') },
  { name: 'log', summary: 'show the versions of a dataset', load: () => import('./log.ts') },
  { name: 'checkout', summary: 'make the data match its pointers', load: () => import('./checkout.ts') },
  { name: 'remote', summary: 'manage where snapshots are pushed to', load: () => import('./remote.ts') },
  { name: 'push', summary: 'send snapshots to a remote', load: () => import('./push.ts') },
  { name: 'fetch', summary: 'bring snapshots into the cache', load: () => import('./fetch.ts') },
  { name: 'pull', summary: 'fetch, then check out', load: () => import('./pull.ts') },
  { name: 'verify', summary: 'check every byte', load: () => import('./verify.ts') },
  { name: 'profile', summary: 'show the statistics of a dataset', load: () => import('./profile.ts') },
  { name: 'schema', summary: 'say what a dataset should look like', load: () => import('./schema.ts') },
  { name: 'validate', summary: 'hold a dataset against its schema', load: () => import('./validate.ts') },
  { name: 'drift', summary: 'report what changed between two datasets', load: () => import('./drift.ts') },
  {
    name: 'check',
    summary: 'validate and compare what changed since a base',
    load: () => import('./check.ts'),
  },
  { name: 'gc', summary: 'drop what nothing names', load: () => import('./gc.ts') },
  { name: 'git', summary: 'let Git show, merge and push data', load: () => import('./git.ts') },
  {
    name: 'import-dvc',
    summary: 'take a DVC repository into varve',
    load: () => import('./import-dvc.ts'),
  },
  {
    name: 'export-dvc',
    summary: 'turn a repository of varve into one of DVC',
    load: () => import('./export-dvc.ts'),
  },
  {
    name: 'completion',
    summary: 'print a script that completes commands in a shell',
    load: () => import('./completion.ts'),
  },
];
