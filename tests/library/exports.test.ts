import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';
import * as varve from '../../src/index.ts';

/** All names, types too, as the compiler sees them. */
function exportedNames(): string[] {
  const file = join(process.cwd(), 'src', 'index.ts');
  const config = ts.readConfigFile('tsconfig.json', (path) => readFileSync(path, 'utf8'));
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, process.cwd());
  const program = ts.createProgram([file], options);
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(file)!)!;
  return checker
    .getExportsOfModule(module)
    .map(({ name }) => name)
    .sort();
}

it('exports these values', () => {
  expect(Object.keys(varve).sort()).toMatchSnapshot();
});

it('exports these names', { timeout: 60_000 }, () => {
  expect(exportedNames()).toMatchSnapshot();
});

it.each([varve.DataFolder, varve.VarveRepository].map((one) => [one.name, one.prototype]))(
  '%s has these methods',
  (_, prototype) => {
    expect(Object.getOwnPropertyNames(prototype).sort()).toMatchSnapshot();
  },
);

it('has a sentence for every error code, and the codes in order', () => {
  const codes = Object.keys(varve.ERROR_CODES);
  expect(codes).toEqual([...codes].sort());
  for (const code of codes) expect(code).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
  for (const meaning of Object.values(varve.ERROR_CODES)) expect(meaning).toMatch(/^(\p{Lu}|varve ).*\.$/u);
});

it('uses every error code that it lists', () => {
  const program = ts.sys.readDirectory('src', ['.ts']).filter((file) => !file.endsWith('error-codes.ts'));
  const source = program.map((file) => readFileSync(file, 'utf8')).join('\n');
  expect(Object.keys(varve.ERROR_CODES).filter((code) => !source.includes(`'${code}'`))).toEqual([]);
});
