import { describe, expect, test } from "vitest";
import { real } from "../../src/core/scalar.ts";
import { Card } from "../../src/fits/card.ts";
import { Header } from "../../src/fits/header.ts";
import { amend, retire } from "../../src/headers/retire.ts";

function raw() {
  return Header.from({ SIMPLE: true, CDELT1: [2.63, "arcsec per pixel"], CDELT2: [2.63, "likewise"], OBJECT: "Sun" });
}

describe("a retired card", () => {
  test("leaves the header and stands verbatim in HISTORY, behind the reason", () => {
    const header = raw();
    const image = header.card("CDELT1")?.image;
    expect(retire(header, "CDELT1", "The pixels are eight times as large as the raw header says:")).toBe(true);
    expect(header.has("CDELT1")).toBe(false);
    expect(header.history).toEqual(["The pixels are eight times as large as the raw header says:", image?.trimEnd()]);
  });

  test("of more than 72 characters is cut at column 72, and the lines put together are the card", () => {
    const comment = "a comment that is long enough to reach the last columns";
    const header = Header.from({ XPOSURE: [1.5, comment] });
    const image = header.card("XPOSURE")?.image ?? "";
    expect(image.trimEnd().length).toBeGreaterThan(72);
    retire(header, "XPOSURE");
    expect(
      header.history
        .map((line) => line.padEnd(72))
        .join("")
        .trimEnd(),
    ).toBe(image.trimEnd());
  });

  test("with CONTINUE records keeps each of them", () => {
    const header = Header.from({ TITLE: "x".repeat(150) });
    retire(header, "TITLE");
    expect(header.history.some((line) => line.startsWith("CONTINUE"))).toBe(true);
    expect(header.history.join("")).toContain("xxx&'");
  });

  test("that is there twice is retired twice", () => {
    const header = new Header([Card.of("GAIN", 1), Card.of("GAIN", 2)]);
    retire(header, "GAIN");
    expect(header.has("GAIN")).toBe(false);
    expect(header.history).toHaveLength(2);
  });

  test("that is not there leaves the header as it is", () => {
    const header = raw();
    expect(retire(header, "NOPE", "why")).toBe(false);
    expect(header.cards).toEqual(raw().cards);
  });
});

describe("an amended card", () => {
  test("keeps its place and its comment, and what it said stands in HISTORY", () => {
    const header = raw();
    const old = header.card("CDELT1")?.image.trimEnd();
    amend(header, "CDELT1", 21.04);
    expect(header.cards.map(({ keyword }) => keyword)).toEqual(["SIMPLE", "CDELT1", "CDELT2", "OBJECT", "HISTORY"]);
    expect(header.card("CDELT1")).toMatchObject({ value: 21.04, comment: "arcsec per pixel" });
    expect(header.history).toEqual([old]);
  });

  test("that says the same already keeps its bytes", () => {
    const header = raw();
    amend(header, "CDELT1", 2.63, "another comment");
    expect(header.cards.map(({ image }) => image)).toEqual(raw().cards.map(({ image }) => image));
  });

  test("an integer is not the same as a real", () => {
    const header = Header.from({ GAIN: 10 });
    amend(header, "GAIN", real(10));
    expect(header.card("GAIN")?.image).toContain("10.0");
    expect(header.history).toHaveLength(1);
  });

  test("that is new has no past", () => {
    const header = raw();
    amend(header, "CUNIT1", "arcsec");
    expect(header.string("CUNIT1")).toBe("arcsec");
    expect(header.history).toEqual([]);
  });
});
