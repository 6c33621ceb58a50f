import { sumWords } from "./checksum.ts";

/** The sum that DATASUM is, of bytes that come in parts of any length. */
export interface WordSums {
  add(bytes: Uint8Array): void;
  /** Of all bytes; a last word that is not whole counts as filled with zeros. */
  readonly sum: number;
}

export function wordSums(start = 0): WordSums {
  const word = new Uint8Array(4);
  let [sum, held] = [start, 0];
  return {
    add(bytes) {
      let at = 0;
      if (held > 0) {
        at = Math.min(4 - held, bytes.length);
        word.set(bytes.subarray(0, at), held);
        held += at;
        if (held < 4) return;
        sum = sumWords(word, sum);
      }
      const end = at + Math.floor((bytes.length - at) / 4) * 4;
      sum = sumWords(bytes.subarray(at, end), sum);
      held = bytes.length - end;
      word.fill(0);
      word.set(bytes.subarray(end));
    },
    get sum() {
      return held === 0 ? sum : sumWords(word.subarray(0, held), sum);
    },
  };
}
