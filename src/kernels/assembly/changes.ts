// What a header says other than one before it, by the words of its records.

const cardBytes: usize = 80;

/** The words from `first` on of a vector that differ, as pairs at `output`. */
// @ts-ignore: decorator
@inline
function pairsOf(words: usize, before: usize, first: usize, place: i32, output: usize): usize {
  let at = output;
  for (let i = first; i < 16; i += 4) {
    const word = load<i32>(words + i);
    if (word === load<i32>(before + i)) continue;
    store<i32>(at, place + <i32>(i >> 2));
    store<i32>(at, word, 4);
    at += 8;
  }
  return at;
}

/**
 * Where records of 80 bytes differ from those before, as pairs of the word's place and the word. At `output` there is room for two words
 * for each word of the records.
 *
 * @returns how many words these pairs have; -1 where a record has another name
 */
export function wordChanges(words: usize, before: usize, records: i32, output: usize): i32 {
  let to = output;
  let place = 0;
  for (let left = records; left > 0; left -= 1) {
    if (load<u64>(words) !== load<u64>(before)) return -1;
    for (let at: usize = 0; at < cardBytes; at += 16) {
      if (v128.any_true(v128.xor(v128.load(words + at), v128.load(before + at)))) {
        to = pairsOf(words + at, before + at, at === 0 ? 8 : 0, place + <i32>(at >> 2), to);
      }
    }
    words += cardBytes;
    before += cardBytes;
    place += 20;
  }
  return <i32>((to - output) >> 2);
}
