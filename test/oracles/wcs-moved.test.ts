import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { real } from "../../src/core/scalar.ts";
import { Header, type HeaderRecord } from "../../src/fits/header.ts";
import type { PixelMap } from "../../src/fits/wcs/pixel-map.ts";
import { transformWcs } from "../../src/fits/wcs/transform-wcs.ts";
import { ask, astropy, describeWith } from "./fits-oracle.ts";

const celestial = {
  CTYPE1: "RA---TAN",
  CTYPE2: "DEC--TAN",
  CRPIX1: real(31.5),
  CRPIX2: real(20),
  CRVAL1: real(202.5),
  CRVAL2: real(47.2),
  CUNIT1: "deg",
  CUNIT2: "deg",
};
const scales = { CDELT1: -2e-4, CDELT2: 3e-4 };
const cdMatrix = { CD1_1: -1.9e-4, CD1_2: 3e-5, CD2_1: 4e-5, CD2_2: 2.1e-4 };
const sip = {
  CTYPE1: "RA---TAN-SIP",
  CTYPE2: "DEC--TAN-SIP",
  A_ORDER: 3,
  A_2_0: 2e-5,
  A_1_1: -3e-5,
  A_0_3: 4e-7,
  A_2_1: -1e-7,
  B_ORDER: 2,
  B_0_2: 1.5e-5,
  B_1_1: 2.5e-5,
};

const headers: Readonly<Record<string, readonly [HeaderRecord, key?: string]>> = {
  "CDELT alone": [{ ...celestial, ...scales }],
  "neither CDELT nor CRPIX": [{ CTYPE1: "XLIN", CTYPE2: "YLIN", CRVAL1: real(3), CRVAL2: real(4) }],
  "PC, and CDELT of two sizes": [{ ...celestial, ...scales, PC1_1: 0.8, PC1_2: -0.55, PC2_1: 0.62, PC2_2: 0.79 }],
  "one PC alone": [{ ...celestial, ...scales, PC2_1: 0.25 }],
  "PC spelt as before the standard": [
    { ...celestial, ...scales, PC001001: 0.8, PC001002: -0.6, PC002001: 0.6, PC002002: 0.8 },
  ],
  CD: [{ ...celestial, ...cdMatrix }],
  "CD with CDELT and CROTA2 beside it": [{ ...celestial, ...cdMatrix, ...scales, CROTA2: 33.3 }],
  "one CD alone": [{ ...celestial, CD1_2: 2e-4, CD2_1: 2e-4 }],
  CROTA2: [{ ...celestial, ...scales, CROTA2: 33.3 }],
  "CROTA1 of a latitude that comes first": [
    {
      ...celestial,
      ...scales,
      CROTA1: 21.5,
      CTYPE1: "DEC--TAN",
      CTYPE2: "RA---TAN",
      CRVAL1: real(47),
      CRVAL2: real(12),
    },
  ],
  "a solar image": [
    {
      ...celestial,
      CTYPE1: "HPLN-TAN",
      CTYPE2: "HPLT-TAN",
      CUNIT1: "arcsec",
      CUNIT2: "arcsec",
      CRVAL1: real(-30),
      CRVAL2: real(15),
      CDELT1: 2.6,
      CDELT2: 2.6,
      CROTA2: -7.25,
    },
  ],
  "zenithal polynomial with its parameters": [
    { ...celestial, CTYPE1: "RA---ZPN", CTYPE2: "DEC--ZPN", ...cdMatrix, PV2_1: real(1), PV2_3: 0.2 },
  ],
  "TPV distortion": [
    { ...celestial, CTYPE1: "RA---TPV", CTYPE2: "DEC--TPV", ...cdMatrix, PV1_1: 1.01, PV1_4: 0.5, PV2_1: 0.99 },
  ],
  "SIP with CD": [{ ...celestial, ...cdMatrix, ...sip }],
  "SIP with CDELT": [{ ...celestial, ...scales, ...sip }],
  "an alternate system": [
    {
      ...celestial,
      ...scales,
      CTYPE1A: "GLON-CAR",
      CTYPE2A: "GLAT-CAR",
      CRPIX1A: real(7),
      CRPIX2A: real(9),
      CRVAL1A: real(11),
      CRVAL2A: real(-5),
      CDELT1A: 0.002,
      CDELT2A: 0.001,
      PC1_2A: 0.3,
    },
    "A",
  ],
  "the last alternate, with CD": [
    {
      CTYPE1Z: "xlin",
      CTYPE2Z: "ylin",
      CRVAL1Z: real(5),
      CD1_1Z: real(2),
      CD1_2Z: real(1),
      CD2_1Z: -0.5,
      CD2_2Z: real(3),
    },
    "Z",
  ],
  "a spectrograph's slit, rotated against wavelength": [
    {
      CTYPE1: "AWAV",
      CTYPE2: "HPLT-TAN",
      CTYPE3: "HPLN-TAN",
      CUNIT1: "nm",
      CUNIT2: "arcsec",
      CUNIT3: "arcsec",
      CRPIX1: real(10),
      CRPIX2: real(20),
      CRPIX3: real(-3),
      CRVAL1: 630.2,
      CRVAL2: real(5),
      CRVAL3: real(-9),
      CDELT1: 0.001,
      CDELT2: 0.03,
      CDELT3: 0.2,
      PC2_3: 0.25,
      PC3_2: -0.12,
    },
  ],
};

const turn = (degrees: number): number[][] => {
  const angle = (degrees * Math.PI) / 180;
  return [
    [Math.cos(angle), -Math.sin(angle)],
    [Math.sin(angle), Math.cos(angle)],
  ];
};
const maps: Readonly<Record<string, PixelMap>> = {
  cut: { linear: turn(0), offset: [5, 11] },
  "flipped along NAXIS1": {
    linear: [
      [-1, 0],
      [0, 1],
    ],
    offset: [65, 0],
  },
  "flipped along both": {
    linear: [
      [-1, 0],
      [0, -1],
    ],
    offset: [65, 49],
  },
  "binned 2 × 3": {
    linear: [
      [2, 0],
      [0, 3],
    ],
    offset: [-0.5, -1],
  },
  resized: {
    linear: [
      [0.37, 0],
      [0, 1.42],
    ],
    offset: [0.315, -0.21],
  },
  "shifted by fractions": { linear: turn(0), offset: [-0.25, 1.75] },
  "rotated by 30°": { linear: turn(30), offset: [4, -7] },
  "rotated by 90°": {
    linear: [
      [0, -1],
      [1, 0],
    ],
    offset: [49, 0],
  },
  sheared: {
    linear: [
      [1.2, 0.3],
      [-0.1, 0.7],
    ],
    offset: [2, 3],
  },
};

const text = (header: Header): string => header.cards.map((card) => card.image).join("");
const pixels = [
  [1, 1],
  [12.5, 40],
  [31, 7.25],
  [50, 48],
];

describeWith(astropy, () => {
  describe("moved coordinates are those of astropy.wcs", () => {
    const cases = Object.entries(headers).flatMap(([name, [record, key = " "]]) =>
      Object.entries(maps).map(([what, map]) => ({ name, what, key, map, record })),
    );
    test(`in all ${cases.length} pairs of a header and a map`, async () => {
      const folder = await mkdtemp(join(tmpdir(), "firstlight-wcs-"));
      try {
        const path = join(folder, "cases.json");
        const asked = cases.map(({ key, map, record }) => {
          const before = Header.from(record);
          // Three axes: the map is of the first two, also as it comes from a frame of two.
          return {
            before: text(before),
            after: text(transformWcs(before, map)),
            key,
            ...padded(map, record),
            pixels: wide(record),
          };
        });
        await writeFile(path, JSON.stringify(asked));
        const program = fileURLToPath(new URL("wcs-moved.py", import.meta.url));
        const answers = JSON.parse(ask(astropy, [program, path])) as { distance: string; spread: string }[];
        const apart = cases.flatMap(({ name, what }, i) => {
          const [distance, spread] = [Number(answers[i]!.distance), Number(answers[i]!.spread)];
          return distance <= 1e-9 * Math.max(spread, 1e-3) ? [] : [`${name}, ${what}: ${distance} of ${spread}`];
        });
        expect(apart).toEqual([]);
        expect(answers.every(({ spread }) => Number(spread) > 1e-4)).toBe(true);
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  });
});

function wide(record: HeaderRecord): number[][] {
  return "CTYPE3" in record ? pixels.map((pixel) => [...pixel, 4]) : pixels;
}

function padded({ linear, offset }: PixelMap, record: HeaderRecord): PixelMap {
  if (!("CTYPE3" in record)) return { linear, offset };
  return { linear: [...linear.map((row) => [...row, 0]), [0, 0, 1]], offset: [...offset, 0] };
}
