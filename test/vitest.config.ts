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

/**
 * Tests that leave their process as they found it: they share one with all that its modules hold, as importing those takes longer
 * than most of them. The others set up telemetry for their process, or look at what it still holds.
 */
const sharing = "cli codecs core docs fits headers kernels math parsing provenance quality scratch services"
  .split(" ")
  .map((folder) => `test/${folder}/**/*.test.ts`);
/** Kills that mostly wait for leases and servers: with the services' tests, beside others that compute. */
const waiting = ["redis-restarts", "sleepers", "two-runs"].map((name) => `test/chaos/${name}.test.ts`);

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
    globalSetup: ["test/servers/global-setup.ts"],
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
          exclude: ["test/oracles/**", "test/services/real/**", ...sharing, ...waiting],
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: "unit-sharing",
          include: sharing,
          exclude: ["test/services/real/**"],
          isolate: false,
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: "services",
          include: ["test/services/real/**/*.test.ts", ...waiting],
          testTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: "oracles",
          include: ["test/oracles/**/*.test.ts"],
          testTimeout: 120_000,
        },
      },
    ],
  },
});
