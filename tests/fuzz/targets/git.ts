import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { driverContext } from '../../../src/operations/git/driver-context.ts';
import { gitMerge } from '../../../src/operations/git/merge-driver.ts';
import { pointerContents } from '../../../src/operations/git/textconv.ts';
import { initialConfig } from '../../../src/workspace/config.ts';
import { type FuzzTarget, law } from '../target.ts';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'varve-fuzz-git-')));
execFileSync('git', ['init', '-q', root]);
mkdirSync(join(root, '.varve'));
writeFileSync(join(root, '.varve', 'config.yaml'), initialConfig());
const context = driverContext(root);
const digest = `sha256:${'0'.repeat(64)}`;
const WORDS = [
  'varve: 1\n',
  'path: "a"\n',
  'kind: file\n',
  'kind: directory\n',
  `digest: ${digest}\n`,
  'bytes: 1\n',
  'files: 1\n',
  '\n#####\n',
  '<<<<<<< ours\n',
];

function write(name: string, content: string): string {
  const path = join(root, name);
  writeFileSync(path, content);
  return path;
}

/** Of what Git hands to its drivers. */
export const gitTargets: Record<string, FuzzTarget> = {
  textconv: {
    words: WORDS,
    async read(input) {
      const { pointer } = await pointerContents(context, write('textconv', input.toString()));
      law(typeof pointer === 'string', 'there is always a text');
    },
  },
  // The three versions, behind lines of their own.
  merge: {
    words: WORDS,
    async read(input) {
      const [base = '', ours = '', theirs = ''] = input.toString().split('\n#####\n');
      const files = { base: write('base', base), ours: write('ours', ours), theirs: write('theirs', theirs) };
      await gitMerge(context, { ...files, path: 'a.varve' });
    },
  },
};
