// Builds the wheel of the Python package into .wheel/: the built program, what it depends on with the binaries of one platform, and python/.
// Usage: node scripts/build-wheel.mjs [PLATFORM|any]   (unless given, of this machine; any: a wheel without the program, for a varve on PATH)
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './build/bundles.mjs';

/** What npm calls a platform, and what Python calls it. Node 24 and DuckDB ask for glibc 2.28. */
const PLATFORMS = {
  'linux-x64': 'manylinux_2_28_x86_64',
  'linux-arm64': 'manylinux_2_28_aarch64',
  'darwin-x64': 'macosx_13_5_x86_64',
  'darwin-arm64': 'macosx_13_5_arm64',
  'win32-x64': 'win_amd64',
  'win32-arm64': 'win_arm64',
};
/** What packages bring that no program runs: types, maps, sources, pages. */
const UNUSED = /\.(ts|mts|cts|map|md|markdown)$/i;

const platform = process.argv[2] ?? `${process.platform}-${process.arch}`;
const folder = join(root, '.wheel');
const staging = join(folder, 'program');
rmSync(folder, { recursive: true, force: true });
mkdirSync(staging, { recursive: true });

const env = { ...process.env };
if (platform !== 'any') {
  if (!Object.hasOwn(PLATFORMS, platform)) {
    console.error(
      `There is no platform ${platform}: choose one of ${Object.keys(PLATFORMS).join(', ')}, any.`,
    );
    process.exit(2);
  }
  stage(platform);
  Object.assign(env, { VARVE_WHEEL_PROGRAM: staging, VARVE_WHEEL_PLATFORM: PLATFORMS[platform] });
}
const python = process.env.VARVE_PYTHON ?? 'python3';
const pip = ['-m', 'pip', '--disable-pip-version-check', 'wheel', '--quiet', '--no-deps', '--no-cache-dir'];
execFileSync(python, [...pip, '--wheel-dir', folder, join(root, 'python')], { env, stdio: 'inherit' });
rmSync(staging, { recursive: true });
const [wheel] = readdirSync(folder).filter((name) => name.endsWith('.whl'));
console.log(`${join('.wheel', wheel)}: ${(statSync(join(folder, wheel)).size / 1e6).toFixed(1)} MB`);

/** Lays out the program as npm would install it, from the lock file, for the platform that is meant. */
function stage(name) {
  const [os, cpu] = name.split('-');
  if (!existsSync(join(root, 'dist', 'main.cjs')))
    execFileSync(process.execPath, [join(root, 'scripts', 'build.mjs'), '--no-types'], { stdio: 'inherit' });
  for (const file of ['package.json', 'package-lock.json']) cpSync(join(root, file), join(staging, file));
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const only = ['--omit=dev', '--ignore-scripts', `--os=${os}`, `--cpu=${cpu}`, '--libc=glibc'];
  execFileSync(npm, ['ci', '--no-audit', '--no-fund', '--silent', '--prefer-offline', ...only], {
    cwd: staging,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  rmSync(join(staging, 'package-lock.json'));
  for (const part of ['dist', 'schemas', 'LICENSE', 'bin'])
    cpSync(join(root, part), join(staging, part), { recursive: true });
  rmSync(join(staging, 'dist', '.compiled'), { recursive: true, force: true });
  for (const entry of readdirSync(staging, { recursive: true, withFileTypes: true }))
    if (entry.isFile() && UNUSED.test(entry.name)) rmSync(join(entry.parentPath, entry.name));
}
