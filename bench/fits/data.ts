import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeFits, Header } from "firstlight/fits";
import { random } from "firstlight/math";

export const side = 2048;

/** A limb-darkened scene with noise, as uint16 or float32: so many files, of which every eighth has the same bytes. */
export function makeFrames(folder: string, kind: "uint16" | "float32", count: number, isCompressed: boolean): string[] {
  mkdirSync(folder, { recursive: true });
  const draws = random(`bench ${kind}`);
  return Array.from({ length: count }, (_, i) => {
    const path = join(folder, `frame_${String(i).padStart(3, "0")}.fits`);
    if (i >= 8) copyFileSync(join(folder, `frame_${String(i % 8).padStart(3, "0")}.fits`), path);
    else {
      const data = kind === "uint16" ? new Uint16Array(side * side) : new Float32Array(side * side);
      for (let at = 0; at < data.length; at += 1) {
        const [x, y] = [(at % side) / side - 0.5, Math.floor(at / side) / side - 0.5];
        const value =
          9000 * (1 - 0.8 * (x * x + y * y)) + 600 * Math.sin(300 * x) * Math.cos(220 * y) + 30 * draws.gaussian();
        data[at] = kind === "uint16" ? Math.round(value) : value;
      }
      const image = { data, shape: [side, side] };
      const options = isCompressed ? ({ compression: "fpack" } as const) : {};
      writeFileSync(path, encodeFits([{ header: Header.from({}), image }], options));
    }
    return path;
  });
}

export const headerKeys = Array.from({ length: 20 }, (_, i) => `KEY${i * 9}`);

/** Files of 200 cards and 2 × 2 pixels. */
export function makeHeaders(folder: string, count: number): string[] {
  mkdirSync(folder, { recursive: true });
  return Array.from({ length: count }, (_, i) => {
    const path = join(folder, `header_${String(i).padStart(5, "0")}.fits`);
    const cards = Object.fromEntries(
      Array.from({ length: 194 }, (_, n) => [`KEY${n}`, n % 3 === 0 ? `value ${i % 50}` : n % 3 === 1 ? n + i : n / 8]),
    );
    writeFileSync(
      path,
      encodeFits([{ header: Header.from(cards), image: { data: new Int16Array(4), shape: [2, 2] } }]),
    );
    return path;
  });
}
