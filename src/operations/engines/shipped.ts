import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of varve's package: the file lies in `dist/`, or three folders deep in the source. */
const ROOT = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../../..' : '..', import.meta.url));

/** The absolute path of the program by which a cluster runs parts. */
export function driverProgram(name: string): string {
  return join(ROOT, 'engines', name);
}

/** The words that start this varve on this machine. */
export const COMMAND_HERE: readonly string[] = [process.execPath, join(ROOT, 'bin', 'varve.js')];

/** The words that start varve where it was unpacked at `{shipped}`. */
export const COMMAND_SHIPPED: readonly string[] = ['{shipped}/node', '{shipped}/bin/varve.js'];

/**
 * Lay out what a worker needs to run varve, as links for `tar -h` to follow: Node, varve, and the packages that it loads. Workers are of
 * the system and processor of this machine.
 * @returns the names in `folder`
 */
export function layOut(folder: string): readonly string[] {
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  symlinkSync(process.execPath, join(folder, 'node'));
  for (const name of ['bin', 'dist', 'schemas', 'package.json'])
    symlinkSync(join(ROOT, name), join(folder, name));
  for (const [name, from] of packagesOf(ROOT)) {
    const target = join(folder, 'node_modules', name);
    mkdirSync(dirname(target), { recursive: true });
    symlinkSync(from, target);
  }
  return readdirSync(folder);
}

/** The packages that one needs, with those that they need, by their names. What is optional and absent is left out. */
function packagesOf(root: string, found = new Map<string, string>()): Map<string, string> {
  const { dependencies = {}, optionalDependencies = {} } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  ) as { dependencies?: object; optionalDependencies?: object };
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const place = installed(name, root);
    if (place === undefined || found.has(name)) continue;
    // One that lies within another comes along with it.
    if (place.startsWith(`${root}/node_modules/`) && root !== ROOT.replace(/\/$/, '')) continue;
    found.set(name, place);
    packagesOf(place, found);
  }
  return found;
}

function installed(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const place = join(folder, 'node_modules', name);
    if (existsSync(join(place, 'package.json'))) return place;
    if (dirname(folder) === folder) return undefined;
  }
}
