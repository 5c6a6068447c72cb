import { decode, encode } from '@jridgewell/sourcemap-codec';

const BEYOND = /[\u0080-\uffff]/g;
/** What `\uXXXX` has more than the one unit of UTF-16 that it stands for. */
const GROWTH = 5;

/**
 * The same program in ASCII, which Node reads five times as fast as UTF-8: 13 ms of each start. esbuild leaves what stands in regular
 * expressions and in templates; an escape means the same in both, but in what `String.raw` sees.
 *
 * @throws Error where `String.raw` would see an escape
 */
export function asAscii(program) {
  const [, raw] = /(String\.raw`[^`]*[\u0080-\uffff])/.exec(program) ?? [];
  if (raw !== undefined) throw new Error(`cannot be written in ASCII: ${raw.slice(-200)}`);
  return program.replace(BEYOND, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The mappings (ECMA-426) of that program, from those of the program as it was: what stands behind an escape moves with it. */
export function mappingsOfAscii(program, mappings) {
  const lines = program.split('\n');
  return encode(decode(mappings).map((segments, line) => moved(segments, lines[line] ?? '')));
}

function moved(segments, line) {
  const columns = Array.from(line.matchAll(BEYOND), ({ index }) => index);
  let before = 0;
  return segments.map(([column, ...source]) => {
    while (before < columns.length && columns[before] < column) before++;
    return [column + GROWTH * before, ...source];
  });
}
