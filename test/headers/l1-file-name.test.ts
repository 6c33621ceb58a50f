import { expect, test } from "vitest";
import { isFirstlightError } from "../../src/core/errors.ts";
import { Header } from "../../src/fits/header.ts";
import { l1FileName, l1FileNames } from "../../src/headers/l1-file-name.ts";

function header(instrument: string, begin = "2022-10-24T19:47:33.218") {
  return Header.from({ INSTRUME: instrument, "DATE-BEG": begin });
}

test("an L1 file is named after instrument, begin, what tells it apart, and dataset", () => {
  expect(l1FileName(header("EIT"), "ABCDEF")).toBe("EIT_2022_10_24T19_47_33_218_ABCDEF_L1.fits");
  expect(l1FileName(header("VISP"), "BEOGN", ["00630205", "I"])).toBe(
    "VISP_2022_10_24T19_47_33_218_00630205_I_BEOGN_L1.fits",
  );
});

test("characters that are illegal somewhere never reach a file name", () => {
  const name = l1FileName(header(" A/B: C\\D*? "), "ABCDEF", ["../x", "Hα"]);
  expect(name).toMatch(/^[A-Za-z0-9+_-]+\.fits$/);
  expect(l1FileName(header("DL-NIRSP"), "ABCDEF")).toContain("DL-NIRSP_");
});

test("a part with nothing in it is refused", () => {
  for (const work of [() => l1FileName(header("//"), "ABCDEF"), () => l1FileName(header("EIT"), "ABCDEF", [" "])]) {
    expect(work).toThrow(expect.toSatisfy((error: unknown) => isFirstlightError(error, "FILE_NAME_INVALID")));
  }
});

test("frames of one instant get names of their own", () => {
  const name = l1FileNames("ABCDEF");
  const names = [name(header("EIT")), name(header("EIT")), name(header("EIT"), ["2"]), name(header("EIT"), ["I"])];
  expect(new Set(names).size).toBe(4);
  expect(names[0]).toBe("EIT_2022_10_24T19_47_33_218_ABCDEF_L1.fits");
  expect(names[1]).toBe("EIT_2022_10_24T19_47_33_218_2_ABCDEF_L1.fits");
});

test("a header without INSTRUME is named by its file", () => {
  const nameless = Header.from({ "DATE-BEG": "2022-10-24" }, "a.fits");
  expect(() => l1FileName(nameless, "ABCDEF")).toThrow("a.fits has no card INSTRUME");
});
