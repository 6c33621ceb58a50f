import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** What takes long, and mostly waits: begun last, it would leave the other cores with nothing to do. Vitest goes by the size of files. */
const longOnes = [
  /\/test\/chaos\//,
  /\/test\/package\/package\./,
  /\/test\/services\/real\/.*faults/,
  /\/fits-tiles\./,
];

class LongOnesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): boolean => longOnes.some((pattern) => pattern.test(moduleId));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  resolve: { conditions: ["firstlight-source"] },
  ssr: { resolve: { conditions: ["firstlight-source"] } },
  test: {
    // For the processes that tests start: each would compile all of src/ again. `npm ci` empties it.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, "../node_modules/.cache/firstlight-tests") },
    // Tests wait for processes and servers more than they compute: no core needs to be left to vitest itself.
    maxWorkers: "100%",
    sequence: { sequencer: LongOnesFirst },
    coverage: {
      provider: "v8",
      include: ["src/**"],
      reporter: ["text-summary", "html"],
      thresholds: { statements: 85, branches: 77, functions: 85, lines: 85 },
    },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/oracles/**", "test/services/real/**"],
          testTimeout: 30_000,
          globalSetup: ["test/servers/global-setup.ts"],
        },
      },
      {
        extends: true,
        test: {
          name: "services",
          include: ["test/services/real/**/*.test.ts"],
          testTimeout: 120_000,
          globalSetup: ["test/servers/global-setup.ts"],
        },
      },
      {
        extends: true,
        test: {
          name: "oracles",
          include: ["test/oracles/**/*.test.ts"],
          testTimeout: 120_000,
          globalSetup: ["test/servers/global-setup.ts"],
        },
      },
    ],
  },
});
