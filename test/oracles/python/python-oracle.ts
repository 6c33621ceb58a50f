import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { numpy } from "../fits-oracle.ts";

/** The interpreter of the other oracles: Debian's own, or the one that is named to the tests. */
const python = numpy.command;

export const pythonRedis = {
  name: "Python's redis",
  command: python,
  probe: ["-c", "import redis"],
  debianPackage: "python3-redis",
};
export const pythonPika = {
  name: "Python's pika",
  command: python,
  probe: ["-c", "import pika"],
  debianPackage: "python3-pika",
};
export const pythonProtobuf = {
  name: "Python's protobuf",
  command: python,
  probe: ["-c", "import google.protobuf"],
  debianPackage: "python3-protobuf",
};

/** Runs a program of this folder and reads the JSON that it prints. What it says when it fails is in the error. */
export async function runPython(program: string, args: readonly string[], input: unknown = null): Promise<unknown> {
  const path = fileURLToPath(new URL(program, import.meta.url));
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = execFile(python, [path, ...args], { maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
    if (error === null) resolve(stdout);
    else reject(new Error(`${program} ${args.slice(3).join(" ")} failed:\n${stderr}`, { cause: error }));
  });
  // A program that fails at once does not read its input; why it failed is said above.
  child.stdin?.on("error", () => {});
  child.stdin?.end(JSON.stringify(input));
  return JSON.parse(await promise) as unknown;
}
