/**
 * Ends every test run with one plain line of what came of it, for people and programs that read only the end. What
 * breaks outside of a test (a file that does not load, a hook, a stray rejection) counts as failed, never as nothing.
 */
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

/** Such as `12 passed, 0 failed` or `12 passed, 1 failed, 3 skipped`; a test that was not reached is skipped. */
export function closingLine(modules: readonly TestModule[], strayErrors: readonly SerializedError[]): string {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const groups = modules.flatMap((module) => [module, ...module.children.allSuites()]);
  const passed = tests.filter((test) => test.result().state === 'passed').length;
  const failedTests = tests.filter((test) => test.result().state === 'failed').length;
  const failed = failedTests + groups.filter((group) => group.errors().length > 0).length + strayErrors.length;
  const skipped = tests.length - passed - failedTests;
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], strayErrors: readonly SerializedError[]): void {
    process.stdout.write(`${closingLine(modules, strayErrors)}\n`);
  }
}
