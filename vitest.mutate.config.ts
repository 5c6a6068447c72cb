import { defineConfig } from 'vitest/config';

/** Tests of the decisions that are mutated: quick ones that need no build. Laws over random tables would take an hour here. */
export default defineConfig({
  test: {
    include: [
      'tests/drift/*.test.ts',
      'tests/schema/{rules/*,strict}.test.ts',
      'tests/store/gc-decide.test.ts',
    ],
    testNamePattern: /^(?!laws |.*for ever|.*halves of one table|JSON Schema)/,
  },
});
