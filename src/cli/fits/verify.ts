import { verifyFits } from "../../fits/verify-fits.ts";
import { defineCommand } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { count } from "../render/count.ts";
import { oneLine, verbatimLine } from "../render/text-width.ts";
import { fileArgument, jsonArgument } from "./arguments.ts";
import { openForReading } from "./files.ts";

export const verify = defineCommand({
  name: "fits verify",
  summary: "Check structure, mandatory cards, checksums and compressed tiles.",
  description:
    "Holds a file against FITS 4.0, and its bytes against its checksums. Every problem is told; the exit code is 1 where there is one. What the standard allows and is yet to be known, as SIMPLE = F or columns that share a name, is told with '!' and leaves the exit code alone.",
  args: { file: fileArgument, json: jsonArgument },
  examples: [{ shows: "Is it whole?", command: "firstlight fits verify frame.fits" }],
  async run({ file, json }, { stdout }) {
    await using source = await openForReading(file);
    const { problems, warnings, hdus } = await verifyFits(source);
    const { style } = stdout;
    if (json) {
      const document = {
        file,
        ok: problems.length === 0,
        problems: problems.map(({ hdu, problem }) => ({ hdu: hdu ?? null, problem })),
        warnings: warnings.map(({ hdu, problem }) => ({ hdu: hdu ?? null, problem })),
        hdus: hdus.map((hdu) => ({ ...hdu, name: hdu.name ?? null })),
      };
      stdout.document(document);
    } else {
      stdout.lines([
        ...hdus.map(
          ({ index, name, type, datasum, checksum }) =>
            `HDU ${index}${name === undefined ? "" : ` ${oneLine(name)}`} (${type}): DATASUM ${datasum}, CHECKSUM ${checksum}`,
        ),
        ...problems.map(({ hdu, problem }) =>
          style.red(`✗ ${hdu === undefined ? "" : `HDU ${hdu}: `}${verbatimLine(problem)}`),
        ),
        ...warnings.map(({ hdu, problem }) =>
          style.yellow(`! ${hdu === undefined ? "" : `HDU ${hdu}: `}${verbatimLine(problem)}`),
        ),
        problems.length === 0
          ? style.green("✓ no problem")
          : `${count(problems.length, "problem")} in ${oneLine(file)}`,
      ]);
    }
    return problems.length === 0 ? exitCodes.done : exitCodes.failed;
  },
});
