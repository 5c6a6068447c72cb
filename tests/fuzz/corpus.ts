import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The inputs that are kept for a target, by their names; none where it has no folder. */
export function corpusOf(folder: string, target: string): Map<string, Buffer> {
  const own = join(folder, target);
  if (!existsSync(own)) return new Map();
  const names = readdirSync(own).sort();
  return new Map(names.map((name) => [name, readFileSync(join(own, name))]));
}
