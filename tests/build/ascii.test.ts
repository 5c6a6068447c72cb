import { SourceMap } from 'node:module';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { asAscii, mappingsOfAscii } from '../../scripts/build/ascii.mjs';

const SOURCE = `export const wide = [/[äöü]…/.test('ä'), \`–\${process.pid}→\`, '😀']; export function first() { throw new Error(\`é\`) }
export function second() { return [\`…\`, unknownName] }
`;

/** What the bundles are: on few lines, and not in ASCII where patterns and templates are not. */
async function bundled() {
  const { outputFiles } = await build({
    stdin: { contents: SOURCE, sourcefile: 'source.js' },
    bundle: true,
    format: 'cjs',
    minifyWhitespace: true,
    sourcemap: 'external',
    outfile: 'program.js',
    write: false,
  });
  const textOf = (ending: string) => outputFiles.find(({ path }) => path.endsWith(ending))!.text;
  return { program: textOf('.js'), map: JSON.parse(textOf('.map')) };
}

test('a program in ASCII says the same, and its map leads to where each name stands in the source', async () => {
  const { program, map } = await bundled();
  const ascii = asAscii(program);
  expect(program).toMatch(/[^\0-\x7f]/);
  expect(ascii).toMatch(/^[\0-\x7f]*$/);
  const result = (text: string) => new Function('module', 'process', `${text};return module.exports.wide`);
  expect(result(ascii)({}, { pid: 1 })).toEqual(result(program)({}, { pid: 1 }));

  const moved = new SourceMap({ ...map, mappings: mappingsOfAscii(program, map.mappings) });
  const lines: string[] = ascii.split('\n');
  const sourceLines = SOURCE.split('\n');
  for (const name of ['first', 'process.pid', 'Error(', 'second', 'unknownName']) {
    const line = lines.findIndex((one: string) => one.includes(name));
    const column = lines[line]!.lastIndexOf(name);
    const { originalLine, originalColumn } = moved.findEntry(line, column) as {
      originalLine: number;
      originalColumn: number;
    };
    expect(sourceLines[originalLine]!.slice(originalColumn)).toMatch(
      new RegExp(`^(new )?${name.replace('(', '\\(')}`),
    );
  }
});

test('what String.raw would see otherwise is refused', () => {
  expect(() => asAscii('String.raw`–`')).toThrow('cannot be written in ASCII');
});
