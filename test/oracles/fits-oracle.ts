import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";

/** Debian's own Python, which has python3-astropy; the one on PATH may be another. */
const python = process.env.FIRSTLIGHT_TEST_PYTHON ?? "/usr/bin/python3";

interface Oracle {
  readonly name: string;
  readonly command: string;
  readonly probe: readonly string[];
  readonly debianPackage: string;
}

export const astropy: Oracle = {
  name: "astropy",
  command: python,
  probe: ["-c", "import astropy.io.fits"],
  debianPackage: "python3-astropy",
};
export const numpy: Oracle = {
  name: "numpy",
  command: python,
  probe: ["-c", "import numpy"],
  debianPackage: "python3-numpy",
};
/** cfitsio behind Python, which reads what its own programs do not show. */
export const cfitsio: Oracle = {
  name: "fitsio",
  command: python,
  probe: ["-c", "import fitsio"],
  debianPackage: "python3-fitsio",
};
/** The library itself, which comes with its programs. */
export const libcfitsio: Oracle = {
  name: "libcfitsio",
  command: python,
  probe: ["-c", "import numpy, ctypes.util, sys; sys.exit(ctypes.util.find_library('cfitsio') is None)"],
  debianPackage: "libcfitsio-bin and python3-numpy",
};
export const fitsverify: Oracle = { name: "fitsverify", command: "fitsverify", probe: [], debianPackage: "fitsverify" };

/** cfitsio's own programs: fpack compresses, funpack restores. */
export const fpack: Oracle = { name: "fpack", command: "fpack", probe: ["-V"], debianPackage: "libcfitsio-bin" };
export const funpack: Oracle = { ...fpack, name: "funpack", command: "funpack" };

/** Tests that need a program: without it they are skipped with the reason, and fail where CI is set. */
export function describeWith(oracle: Oracle, tests: () => void): void {
  const present = spawnSync(oracle.command, oracle.probe).status === 0;
  if (present) {
    describe(oracle.name, tests);
    return;
  }
  const reason = `${oracle.name} is missing: install Debian's ${oracle.debianPackage}`;
  test(`${oracle.name} judges what we write`, (context) => {
    if (process.env.CI !== undefined) expect.fail(reason);
    console.warn(`SKIPPED: ${reason}`);
    context.skip(reason);
  });
}

/** Runs the program and returns what it printed; a failure shows its own words. */
export function ask(oracle: Oracle, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(oracle.command, args, {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (error !== undefined) throw error;
  // fitsverify counts its findings in the exit code, and says them on standard output.
  if (status !== 0) expect.fail(`${oracle.name} ${args.join(" ")} ended with ${status}:\n${stdout}\n${stderr}`);
  return stdout;
}
