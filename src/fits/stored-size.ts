import type { Header } from "./header.ts";

/** How many bytes of data the mandatory cards of an extension promise, and what fills its last block (FITS 4.0 §4.4.1, §7.2.3). */
export function storedSize(header: Header): { isExtension: boolean; sizeBytes: number; padding: number } {
  const isExtension = header.has("XTENSION");
  const count = (key: string, standard: number) => (header.has(key) ? header.integer(key) : standard);
  const axes = Array.from({ length: count("NAXIS", 0) }, (_, axis) => count(`NAXIS${axis + 1}`, 0));
  const elements = axes.length === 0 ? 0 : axes.reduce((product, length) => product * length, 1);
  const sizeBytes = (Math.abs(count("BITPIX", 8)) / 8) * count("GCOUNT", 1) * (count("PCOUNT", 0) + elements);
  const type = header.get("XTENSION");
  return { isExtension, sizeBytes, padding: typeof type === "string" && type.trim() === "TABLE" ? 0x20 : 0 };
}
