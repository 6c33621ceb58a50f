import { createHash } from "node:crypto";
import { type ByteSource, requireOffset } from "../../core/byte-source.ts";

/**
 * The same bytes, hashed as far as they are read in their order: the read that comes to the end throws what `damaged` makes when the
 * SHA-256 is another. Parts that are read out of order are not hashed. An offset that is none is refused (OFFSET_ILLEGAL).
 */
export function verifiedSource(source: ByteSource, sha256: string | undefined, damaged: () => Error): ByteSource {
  const hash = createHash("sha256");
  let hashed = 0;
  let found: string | undefined;
  return {
    name: source.name,
    sizeBytes: source.sizeBytes,
    async read(offset, into) {
      requireOffset(source.name, offset);
      if (sha256 === undefined) return source.read(offset, into);
      const count = await source.read(offset, into);
      if (found === undefined && offset <= hashed && offset + count > hashed) {
        hash.update(into.subarray(hashed - offset, count));
        hashed = offset + count;
        if (hashed === source.sizeBytes) found = hash.digest("hex");
      }
      if (found !== undefined && found !== sha256) throw damaged();
      return count;
    },
  };
}
