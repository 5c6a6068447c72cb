import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Profile } from '../../src/profile/model/model.ts';
import { type Cell, profileOf } from './profile-of.ts';

export const fixtures = join(import.meta.dirname, '../../fixtures/tfdv');

/** What TFDV made: see scripts/make-tfdv-fixtures.py. */
export const cases = readdirSync(fixtures, { withFileTypes: true })
  .filter((entry) => existsSync(join(fixtures, entry.name, 'data.json')))
  .map((entry) => entry.name)
  .sort();

export function read(name: string, file: string): string | undefined {
  const path = join(fixtures, name, file);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

type Columns = Readonly<
  Record<string, { readonly type: 'int' | 'float' | 'text'; readonly values: readonly Cell[] }>
>;

interface Data {
  readonly columns: Columns;
  readonly previous?: Columns;
  readonly serving?: Columns;
  readonly environment?: string;
}

export function dataOf(name: string): Data {
  return JSON.parse(read(name, 'data.json') as string) as Data;
}

const names = { int: 'integer', float: 'float', text: 'string' } as const;
const words: Readonly<Record<string, string>> = { nan: 'NaN', inf: 'Infinity', '-inf': '-Infinity' };

/** The profile that varve has of a fixture's rows; all-null columns have their type, as TFDV gives it. */
export function profileOfColumns(columns: Columns | undefined): Profile | undefined {
  if (columns === undefined) return undefined;
  const cells = Object.fromEntries(
    Object.entries(columns).map(([name, { type, values }]) => [
      name,
      type === 'float' ? values.map((value) => words[String(value)] ?? value) : values,
    ]),
  );
  return profileOf(
    cells,
    Object.fromEntries(Object.entries(columns).map(([name, { type }]) => [name, names[type]])),
  );
}
