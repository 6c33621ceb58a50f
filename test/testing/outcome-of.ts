import { plainExpect } from "../../src/testing/conformance/plain-expect.ts";
import type { SuiteRunner } from "../../src/testing/conformance/suite-runner.ts";

export interface Outcome {
  readonly passed: readonly string[];
  readonly failed: readonly string[];
}

/** What becomes of the tests of a suite, under a runner that has nothing to do with this one; `only` some of the tests. */
export async function outcomeOf(suite: (runner: SuiteRunner) => void, only = /^/): Promise<Outcome> {
  const trail: string[] = [];
  const tests: (readonly [title: string, body: () => Promise<void>])[] = [];
  const [passed, failed]: [string[], string[]] = [[], []];
  suite({
    expect: plainExpect,
    describe(name, body) {
      trail.push(name);
      body();
      trail.pop();
    },
    test(name, body) {
      if (only.test(name)) tests.push([[...trail, name].join(" > "), body]);
    },
  });
  for (const [title, body] of tests) {
    await body().then(
      () => passed.push(title),
      (error: unknown) => failed.push(`${title}: ${error}`),
    );
  }
  return { passed, failed };
}
