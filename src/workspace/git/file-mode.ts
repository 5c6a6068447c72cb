import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VarveError } from '../../errors.ts';
import { commonFolder } from './common-folder.ts';
import { git } from './git.ts';

const KNOWN = new Map<string, boolean>();

/**
 * Whether the executable bits of files mean anything here, by `core.fileMode` of git-config(1): on some file systems, all files have them or
 * none. Read once a process.
 */
export function keepsModes(root: string): boolean {
  const known = KNOWN.get(root) ?? read(root);
  KNOWN.set(root, known);
  return known;
}

function read(root: string): boolean {
  try {
    if (isPlainlyTrue(root)) return true;
    const args = ['config', '--type=bool', '--default', 'true', '--get', 'core.fileMode'];
    return git(root, args).output.toString().trim() !== 'false';
  } catch (error) {
    // No repository of Git: nobody said that they mean nothing.
    if (error instanceof VarveError) return true;
    throw error;
  }
}

/** Whether Git's settings say so in plain words, as `git init` writes them, so that no process need be asked. */
function isPlainlyTrue(root: string): boolean {
  const { GIT_CONFIG_COUNT, GIT_CONFIG_PARAMETERS } = process.env;
  if (GIT_CONFIG_COUNT !== undefined || GIT_CONFIG_PARAMETERS !== undefined) return false;
  const text = readQuietly(join(commonFolder(root), 'config'));
  if (/\[\s*include|worktreeconfig/i.test(text)) return false;
  const said = text.match(/filemode.*/gi) ?? [];
  return said.length > 0 && said.every((line) => /^filemode\s*=\s*true\s*$/i.test(line));
}

function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
