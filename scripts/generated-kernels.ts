import asc from "assemblyscript/asc";

export const generatedPath = "src/kernels/kernels.generated.ts";

const source = "src/kernels/assembly/index.ts";
const options = ["--runtime", "stub", "--enable", "simd", "-O3", "--noAssert", "--initialMemory", "1"];

/** The module that holds the compiled kernels: what the compiler of package-lock.json makes of `src/kernels/assembly/`. */
export async function generatedKernels(root: string): Promise<string> {
  let bytes: Uint8Array | undefined;
  const { error, stderr } = await asc.main([source, "--baseDir", root, "--outFile", "kernels.wasm", ...options], {
    writeFile: (name, contents) => {
      if (name === "kernels.wasm") bytes = contents as Uint8Array;
    },
  });
  if (error !== null || bytes === undefined) throw new Error(`the kernels do not compile: ${stderr.toString()}`);
  const lines =
    Buffer.from(bytes)
      .toString("base64")
      .match(/.{1,120}/g) ?? [];
  return `// Written by \`npm run kernels\` out of src/kernels/assembly/; do not edit.\nexport const kernelBytes =\n${lines
    .map((line) => `  "${line}"`)
    .join(" +\n")};\n`;
}
