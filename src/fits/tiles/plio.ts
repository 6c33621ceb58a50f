import type { Fail } from "./rice.ts";

const firstWords = 7;
/** The longest run of one instruction. */
const longestRun = 4095;

/** The fewest bytes that so many pixels can take; pixels behind the last instruction are 0, so the header alone may do. */
export const plioLeastBytes = firstWords * 2;

/**
 * Decodes PLIO_1, the line lists of IRAF's masks (FITS 4.0 §10.4.4): instructions of 16 bits that step along the pixels and
 * change the value to write, which starts at 1. Fills `output`; pixels that no instruction reaches are 0.
 */
export function decodePlio(bytes: Uint8Array, start: number, end: number, output: Int32Array, fail: Fail): void {
  const word = (index: number) =>
    ((bytes[start + 2 * index] as number) << 8) | (bytes[start + 2 * index + 1] as number);
  const available = (end - start) >> 1;
  if (available < 3) throw fail(`a line list of ${end - start} bytes has no header.`);
  // The length in the third word is of an older header of three words; now it is negative there, and two words long.
  const old = (word(2) << 16) >> 16 > 0;
  if (!old && available < firstWords) throw fail(`a line list of ${end - start} bytes has no header.`);
  const first = old ? 3 : word(1);
  const length = old ? word(2) : word(4) * 32768 + word(3);
  if (length > available) throw fail(`a line list of ${length} words in ${end - start} bytes.`);

  output.fill(0);
  let at = 0;
  let value = 1;
  for (let index = first; index < length && at < output.length; index += 1) {
    const instruction = word(index);
    const data = instruction & longestRun;
    switch (instruction >> 12) {
      case 0:
        at += data;
        break;
      case 1:
        index += 1;
        if (index >= length) throw fail("the line list ends within an instruction.");
        value = (word(index) << 12) + data;
        break;
      case 2:
        value += data;
        break;
      case 3:
        value -= data;
        break;
      case 4:
        output.fill(value, at, Math.min(at + data, output.length));
        at += data;
        break;
      case 5:
        at += data;
        if (data > 0 && at <= output.length) output[at - 1] = value;
        break;
      case 6:
      case 7:
        value += instruction >> 12 === 6 ? data : -data;
        output[at] = value;
        at += 1;
        break;
      default:
        throw fail(`the line list has an instruction ${instruction >> 12}; the highest is 7.`);
    }
  }
}
