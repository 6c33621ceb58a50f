// The mean of the files of a list, in a process of its own: argument 1 is the list, argument 2 the number of threads.
import { readFileSync } from "node:fs";
import { resourceUsage } from "node:process";
import { average } from "firstlight/math";

const paths = readFileSync(process.argv[2] ?? "", "utf8").split("\n");
const begun = performance.now();
const { image } = await average(paths, { workers: Number(process.argv[3]) });
const elapsedMs = performance.now() - begun;
console.log(JSON.stringify({ elapsedMs, first: Number(image.data[0]), peakBytes: resourceUsage().maxRSS * 1024 }));
