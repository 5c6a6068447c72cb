import { defineConfig } from 'vitest/config';

/** Of the decisions that are mutated: quick tests that need no build. */
export default defineConfig({
  test: {
    include: ['tests/drift/*.test.ts', 'tests/schema/{rules/*,strict}.test.ts', 'tests/store/gc-decide.test.ts'],
  },
});
