// Runs what depends on the release of Node on other releases, which the npm package `node` provides: the start and its cache,
// threads, modules loaded late, and commands from end to end.
// Usage: node scripts/test-on-node.mjs 22 24
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const TESTS = [
  'tests/base',
  'tests/build',
  ...['start', 'add', 'pull', 'verify', 'validate'].map((name) => `tests/cli/${name}.test.ts`),
];

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

function nodeOfMajor(major) {
  const folder = join(root, '.bench', `node-${major}`);
  const binary = join(folder, 'node_modules', 'node', 'bin', 'node');
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{"private":true}\n');
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--no-save', `node@${major}`], {
      cwd: folder,
      stdio: 'inherit',
    });
  }
  return binary;
}

for (const major of process.argv.slice(2)) {
  const node = nodeOfMajor(major);
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  console.log(`\n== Node ${version}`);
  execFileSync(node, [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...TESTS], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}` },
  });
}
