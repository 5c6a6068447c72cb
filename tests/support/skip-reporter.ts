import type { Reporter, TestCase, TestModule, Vitest } from 'vitest/node';

const NO_REASON = 'no reason given';
/** How the titles of tests say that they are skipped, and where. */
const IN_TITLE = /\(skipped(?: where|:)? ([^;)]*)[;)]/;

/** Prints at the end how many tests were skipped, and why. A run with a test that does not say why it was skipped fails. */
export default class SkipReporter implements Reporter {
  #isFiltered = false;

  onInit({ config }: Vitest): void {
    this.#isFiltered = config.testNamePattern !== undefined;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    if (this.#isFiltered) return;
    const counts = new Map<string, number>();
    for (const module of modules) {
      for (const test of module.children.allTests('skipped')) {
        const reason = reasonOf(test);
        counts.set(reason, (counts.get(reason) ?? 0) + 1);
      }
    }
    for (const [reason, count] of [...counts].sort(([, a], [, b]) => b - a))
      console.log(`${count} skipped: ${reason}`);
    if (counts.has(NO_REASON)) process.exitCode = 1;
  }
}

function reasonOf(test: TestCase): string {
  const result = test.result();
  const note = result.state === 'skipped' ? result.note : undefined;
  return note ?? IN_TITLE.exec(test.fullName)?.[1] ?? NO_REASON;
}
