/** Those of the `errorCatalogue` that are about FITS: files, headers and what is read from them. */
export const fitsErrors = {
  FITS_ACCESS_ATTRIBUTE_UNKNOWN: {
    when: "a stem asks for an attribute that the FitsAccess does not have",
    remedy: "Add the attribute to the table of `fitsAccess`, or correct its name.",
  },
  FITS_ACCESS_INVALID: {
    when: "a FitsAccess declares an attribute under a name that every access has already",
    remedy: "Choose another name.",
  },
  FITS_CARD_INVALID: {
    when: "a header card cannot be written, or holds no FITS value",
    remedy: "The message shows the card and what is wrong with it.",
  },
  FITS_CHECKSUM: {
    when: "the bytes of an HDU do not agree with its CHECKSUM or DATASUM",
    remedy: "The file was damaged after it was written: fetch it again.",
  },
  FITS_COLUMN: {
    when: "a column of a table cannot be written: its rows differ from the others', or it holds what FITS has no form for",
    remedy: "The message names the column and what is wrong with it.",
  },
  FITS_COMMITTED: {
    when: "something is asked of a FITS file that is being written after its `commit()`",
    remedy: "Write all HDUs first, commit once, and begin another file for more.",
  },
  FITS_COMPRESSION: {
    when: "an image is to be compressed with settings that are none, or that do not fit it",
    remedy: "The message names what there is to choose from.",
  },
  FITS_FILE: {
    when: "a file that `firstlight fits` or a function over files is to read cannot be read, or one that it is to write is there or cannot be written",
    remedy: "Check the path; `--overwrite`, in a program the option `overwrite`, replaces a file.",
  },
  FITS_EMPTY: { when: "a FITS file has no bytes", remedy: "Fetch it again." },
  FITS_INVALID: {
    when: "a header breaks the FITS standard in a way that leaves its data unknown",
    remedy: "The message names file, HDU and offset; correct the program that wrote the file.",
  },
  FITS_KEY_MISSING: { when: "a header has no card of this keyword", remedy: "Check the keyword and the file." },
  FITS_KEY_TYPE: {
    when: "a card holds a value of another type than was asked for",
    remedy: "Read it with the method of its type, or correct the header.",
  },
  FITS_NOT_FITS: { when: "a file is named as FITS and is none", remedy: "Take it out of the input." },
  FITS_NO_COLUMN: {
    when: "a table has no column of this name",
    remedy: "Check the name; the message lists the columns.",
  },
  FITS_MEMORY: {
    when: "an image, or what is computed from all of it at once, does not fit into memory",
    remedy: "Read it by sections or strips; `firstlight fits cut` makes a smaller file.",
  },
  FITS_NO_HDU: {
    when: "a file has no HDU of this index or name",
    remedy: "Check the selector; the message lists the HDUs.",
  },
  FITS_SHAPE: {
    when: "an image's data, shape and companions (mask, variance) do not fit together, or a section does not lie in its image",
    remedy: "Give mask and variance the shape of the image; the message names section and shape.",
  },
  FITS_TRUNCATED: { when: "a file ends before its header or its data do", remedy: "Fetch it again." },
  FITS_UNSUPPORTED: {
    when: "a file uses a part of FITS that is not read, or that is not written",
    remedy: "The message names the part; convert the file, or read and write it as bytes.",
  },
  FITS_WCS_UNSUPPORTED: {
    when: "pixels were moved whose coordinates cannot be moved with them, such as distortion by look-up tables",
    remedy: "Delete the distortion's cards from the header to go on without it.",
  },
} as const;
