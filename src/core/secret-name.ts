/** What a name sounds like under which a secret stands. */
export const secretName =
  /pass(word|wd|phrase)|secret|token|authorization|credential|(access|api|private|customer)[-_]?key/i;
