export { array } from "./array.ts";
export { bytes } from "./bytes.ts";
export type { Codec, DecodeContext, Encoder } from "./codec.ts";
export { codecDataError, codecTypeError } from "./codec-type.ts";
export { fits } from "./fits.ts";
export { json } from "./json.ts";
export { model } from "./model.ts";
export { path } from "./path.ts";
export { text } from "./text.ts";
