import { defineConfig } from 'vitest/config';

/** Tests of the decisions that are mutated: quick ones that need no build. */
export default defineConfig({
  test: {
    include: ['tests/drift/*.test.ts', 'tests/schema/rules/*.test.ts', 'tests/store/gc-decide.test.ts'],
    testNamePattern: /^(?!.*(halves of one table|what a leak is estimated))/,
    testTimeout: 60_000,
  },
});
