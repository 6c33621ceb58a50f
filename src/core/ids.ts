import { createHash, randomUUID } from "node:crypto";

/** Where new identifiers come from. Injected, so that a test or a reproducible run can fix them. */
export interface IdSource {
  /** A version 4 UUID in lower case with dashes. */
  uuid(): string;
}

export const randomIds: IdSource = { uuid: () => randomUUID() };

/** The id that belongs to a name: the same name, the same id (a UUID in version 8 form, RFC 9562, over SHA-256). */
export function uuidFrom(name: string): string {
  const hex = createHash("sha256").update(name).digest("hex");
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
