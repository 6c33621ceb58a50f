import type { AccessTo } from "./fits-access.ts";
import { requireTimeUs } from "./require-time-us.ts";

/** When the frame began, in microseconds since 1970; read once for all stems. Throws HEADER_KEY_INVALID for what is no date. */
export function timeObsUs(access: AccessTo<"timeObs">): number | undefined {
  return access.once === undefined ? read(access) : access.once(read);
}

function read(access: AccessTo<"timeObs">): number | undefined {
  const value = access.scalar("timeObs");
  return value === undefined ? undefined : requireTimeUs(value, "timeObs", access.file);
}
