/** What a conformance suite needs of a test runner: vitest and jest have it, and `node:test` with `plainExpect`. */
export interface SuiteRunner {
  describe(name: string, body: () => void): unknown;
  test(name: string, body: () => Promise<void>): unknown;
  expect(value: unknown): Expectation;
}

/** What the suites expect of values. */
export interface Expectation {
  toBe(expected: unknown): unknown;
  toEqual(expected: unknown): unknown;
  readonly rejects: { toMatchObject(expected: object): Promise<unknown> };
}
