// Checks the Python package as .ci/run does: style, types, its tests with the libraries that read by it, and its wheel in an empty venv.
// Usage: node scripts/test-python.mjs   (VARVE_PYTHON names a Python, 3.11 unless given; skipped, in words, where there is none or pip has no index)
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { root } from './build/bundles.mjs';

const TOOLS = ['pytest', 'mypy', 'ruff', 'fsspec', 'pandas', 'pandas-stubs', 'pyarrow', 'polars'];
const isWindows = process.platform === 'win32';

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', ...options });
  return error === undefined && status === 0;
}

function must(command, args, options) {
  if (run(command, args, options)) return;
  console.error(`failed: ${command} ${args.join(' ')}`);
  process.exitCode = 1;
  throw new Error('the Python package does not pass');
}

const python = [process.env.VARVE_PYTHON, 'python3.11', 'python3', 'python']
  .filter((name) => name !== undefined)
  .find((name) =>
    run(name, ['-c', 'import sys, venv; sys.exit(sys.version_info < (3, 9))'], { stdio: 'ignore' }),
  );

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'varve-python-')));
try {
  if (python === undefined) console.log('skipped: there is no Python of 3.9 or newer with venv');
  else check(python);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function venv(python, name) {
  const place = join(folder, name);
  must(python, ['-m', 'venv', place]);
  const bin = join(place, isWindows ? 'Scripts' : 'bin');
  return { bin, python: join(bin, isWindows ? 'python.exe' : 'python') };
}

function check(python) {
  const tools = venv(python, 'tools');
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  if (!run(tools.python, [...pip, ...TOOLS])) {
    console.log('skipped: pip has no index, or not the packages that the tests need');
    return;
  }
  const inPackage = { cwd: join(root, 'python'), env: { ...process.env, PYTHONPATH: 'src' } };
  must(tools.python, ['-m', 'ruff', 'check', '--quiet'], inPackage);
  must(tools.python, ['-m', 'ruff', 'format', '--check', '--quiet'], inPackage);
  must(tools.python, ['-m', 'mypy'], inPackage);
  if (isWindows)
    console.log('skipped on Windows: the tests start varve by a shell script; the wheel below is tried');
  else must(tools.python, ['-m', 'pytest', '-p', 'no:cacheprovider', '-rs'], inPackage);
  checkWheel(python, pip, tools);
}

/** Installs the wheel into a venv that has nothing else, and uses it where PATH has Git alone. */
function checkWheel(python, pip, tools) {
  must(process.execPath, [join(root, 'scripts', 'build-wheel.mjs')], {
    env: { ...process.env, VARVE_PYTHON: tools.python },
  });
  const empty = venv(python, 'empty');
  const wheel = readdirSync(join(root, '.wheel')).find((name) => name.endsWith('.whl'));
  must(empty.python, [...pip, join(root, '.wheel', wheel)]);
  const cwd = join(folder, 'work');
  mkdirSync(cwd);
  must(empty.python, [join(root, 'python', 'tests', 'installed.py')], {
    cwd,
    env: { ...process.env, PATH: onlyGit(), PYTHONDONTWRITEBYTECODE: '1' },
  });
}

/** A PATH with no Node in it, wherever Git lies. */
function onlyGit() {
  if (isWindows)
    return (process.env.PATH ?? '')
      .split(delimiter)
      .filter((each) => !/node/i.test(each))
      .join(delimiter);
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const git = spawnSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).stdout.trim();
  symlinkSync(git, join(bin, 'git'));
  return bin;
}
