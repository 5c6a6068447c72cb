import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { VarveError } from '../../src/errors.ts';
import { corpusOf } from './corpus.ts';
import { targets } from './targets.ts';

const corpus = fileURLToPath(new URL('./corpus', import.meta.url));

test('every target has a corpus, and every corpus a target', () => {
  expect(readdirSync(corpus).sort()).toEqual(Object.keys(targets).sort());
});

describe.each(Object.entries(targets))('%s', (name, { read }) => {
  test.each([...corpusOf(corpus, name)])('%s', async (_, input) => {
    try {
      await read(input);
    } catch (error) {
      if (!(error instanceof VarveError)) throw error;
    }
  });
});
