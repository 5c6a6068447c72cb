import { readFileSync } from 'node:fs';

/** The version of this package, whose file lies beside bin/ and dist/. */
export function versionOfVarve(): string {
  const file = new URL('../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
