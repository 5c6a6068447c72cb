import { describe, expect, it } from 'vitest';
import { parseYaml } from '../../src/base/yaml.ts';

describe('YAML from anyone', () => {
  it.each(['- ', '? ', '[', '{a: '])('%s twenty thousand times over is a fault of the text', (opening) => {
    const { fault } = parseYaml(opening.repeat(20_000), {});
    expect(fault).toEqual({
      message: 'It is nested more than a hundred levels deep.',
      offset: expect.any(Number),
    });
  });

  it('more than 16 MiB is not read', () => {
    expect(parseYaml(`#${' '.repeat(16 * 2 ** 20)}`, {}).fault?.message).toBe('It is larger than 16 MiB.');
  });

  it('a fault has its place, and one line', () => {
    expect(parseYaml('a: 1\nb: [\n', {}).fault).toEqual({
      message: expect.stringMatching(/^.+$/),
      offset: 10,
    });
  });

  it.each([
    ['a: 1\nb: 2\na: 3\n', 10],
    ['x:\n  - {a: 1, "a": 2}\n', 14],
    ['1: x\n2: y\n1: z\n', 10],
  ])('a key that a mapping has twice is a fault, with its place', (text, offset) => {
    expect(parseYaml(text, {}).fault).toEqual({ message: 'Map keys must be unique', offset });
  });

  it('a mapping with twenty thousand keys is read, and each mapping has its own', () => {
    const keys = Array.from({ length: 20_000 }, (_, index) => `k${index}: {a: 1}`);
    expect(parseYaml(keys.join('\n'), {}).fault).toBeUndefined();
  });

  it('what is sound is a document', () => {
    expect(parseYaml('a: 1\n', {})).toMatchObject({ document: { errors: [], warnings: [] } });
  });
});
