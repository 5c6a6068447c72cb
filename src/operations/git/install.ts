/**
 * Registers with Git what varve does from within Git: hooks, a diff and a merge driver. Knows Git's configuration; does
 * none of their work.
 */

import { chmodSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writeAtomically } from '../../base/files/atomic-write.ts';
import { readPlainFile } from '../../base/files/plain-file.ts';
import { VarveError } from '../../errors.ts';
import { shellWord } from '../../wording/quote.ts';
import { git } from '../../workspace/git/git.ts';
import type { GitInstallResult, GitParts } from '../backend/results.ts';
import type { Context } from '../context/context.ts';
import { CHECKOUT_HOOKS } from './checkout-hook.ts';

const SETTINGS = {
  diff: (varve: string) => [['diff.varve.textconv', `${varve} git textconv`]],
  merge: (varve: string) => [
    ['merge.varve.name', 'file by file, by varve'],
    ['merge.varve.driver', `${varve} git merge %O %A %B %P`],
  ],
} as const;
const ATTRIBUTES = '*.varve diff=varve merge=varve text eol=lf';
const MARK = '# Written by `varve git install`.';

type HookPart = 'prePush' | 'checkout';

/** Each hook and its command. A push without its data is stopped; what follows a checkout never fails it. */
const HOOKS: readonly {
  readonly name: string;
  readonly part: HookPart;
  readonly lines: (varve: string) => string;
}[] = [
  { name: 'pre-push', part: 'prePush', lines: (varve) => `${varve} git pre-push "$@" || exit` },
  ...CHECKOUT_HOOKS.map((name) => ({
    name,
    part: 'checkout' as const,
    lines: (varve: string) => `${varve} git hook ${name} "$@" || :`,
  })),
];

/**
 * Register varve with Git in this clone: settings in .git/config, a line in .gitattributes, a hook. Parts that are not
 * chosen stay as they are; doing it again renews them.
 * @param program the words that start varve, absolute
 * @throws VarveError `hook-exists`, `dvc-unsupported`
 */
export function gitInstall(
  { backend }: Context,
  parts: GitParts,
  program: readonly string[],
): Promise<GitInstallResult> {
  return backend.gitInstall(parts, program);
}

/** Implements Backend.gitInstall for varve's own pointers in the working tree at `root`. */
export function installInGit(root: string, parts: GitParts, program: readonly string[]): GitInstallResult {
  const varve = program.map(shellWord).join(' ');
  const hooks = HOOKS.filter(({ part }) => parts[part]);
  for (const { name, lines } of hooks) {
    const file = hookFile(root, name);
    if (existsSync(file) && !isOurs(file)) throw hookExists(file, lines(varve));
  }
  for (const part of ['diff', 'merge'] as const) {
    if (!parts[part]) continue;
    for (const [key, value] of SETTINGS[part](varve)) git(root, ['config', '--local', key!, value!]);
  }
  if (parts.diff || parts.merge) addAttributes(root);
  for (const { name, lines } of hooks) {
    const file = hookFile(root, name);
    writeAtomically(file, [Buffer.from(`#!/bin/sh\n${MARK}\n${lines(varve)}\n`)]);
    chmodSync(file, 0o755);
  }
  return gitInstalled(root);
}

/** Take back what gitInstall did, but for .gitattributes, which other clones share and which does nothing alone. */
export function gitUninstall({ repository: { root } }: Context): GitInstallResult {
  for (const section of ['diff.varve', 'merge.varve']) {
    git(root, ['config', '--local', '--remove-section', section], { accept: [1, 5, 128] });
  }
  for (const { name } of HOOKS) {
    const file = hookFile(root, name);
    if (existsSync(file) && isOurs(file)) rmSync(file);
  }
  return gitInstalled(root);
}

function gitInstalled(root: string): GitInstallResult {
  const isSet = (key: string): boolean => git(root, ['config', '--get', key], { accept: [1] }).code === 0;
  const areOurs = (part: HookPart): boolean =>
    HOOKS.filter((hook) => hook.part === part)
      .map(({ name }) => hookFile(root, name))
      .every((file) => existsSync(file) && isOurs(file));
  return {
    diff: isSet('diff.varve.textconv'),
    merge: isSet('merge.varve.driver'),
    prePush: areOurs('prePush'),
    checkout: areOurs('checkout'),
  };
}

function addAttributes(root: string): void {
  const file = join(root, '.gitattributes');
  const text = readPlainFile(file, '.gitattributes') ?? '';
  if (text.split(/\r?\n/).includes(ATTRIBUTES)) return;
  const separator = text === '' || text.endsWith('\n') ? '' : '\n';
  writeAtomically(file, [Buffer.from(`${text}${separator}${ATTRIBUTES}\n`)]);
}

function hookFile(root: string, name: string): string {
  return resolve(
    root,
    git(root, ['rev-parse', '--git-path', `hooks/${name}`])
      .output.toString()
      .trim(),
  );
}

function isOurs(hook: string): boolean {
  return readFileSync(hook, 'utf8').includes(MARK);
}

function hookExists(hook: string, lines: string): VarveError {
  return new VarveError('hook-exists', `${hook} is a hook of your own`, {
    path: hook,
    remedy: `Add this line to it: ${lines}`,
  });
}
