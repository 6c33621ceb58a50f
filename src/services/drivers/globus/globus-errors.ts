import { FirstlightError } from "../../../core/errors.ts";

/** What Globus answered that is no success. */
export interface GlobusRefusal {
  /** Method and path: `POST /transfer`. */
  readonly call: string;
  readonly status: number;
  /** Of the error document, such as `ClientError.NotFound`. */
  readonly globusCode?: string | undefined;
  readonly reason: string;
  readonly clientId: string;
}

/** Globus Auth does not take the client's secret, or Globus Transfer not its token, or not for this collection. */
export function globusAccessRefused(refusal: GlobusRefusal): FirstlightError {
  const { call, status, reason, clientId } = refusal;
  return new FirstlightError(
    "GLOBUS_ACCESS_REFUSED",
    `Globus refuses ${call} to the client ${clientId} (${status}: ${reason}). Check its secret in GLOBUS_INBOUND_CLIENT_CREDENTIALS or GLOBUS_OUTBOUND_CLIENT_CREDENTIALS, and its rights on the collections OBJECT_STORE_ENDPOINT and SCRATCH_ENDPOINT.`,
    { disposition: "invalid", fields: { ...refusal } },
  );
}

export function globusRefused(refusal: GlobusRefusal): FirstlightError {
  const { call, status, reason } = refusal;
  return new FirstlightError("GLOBUS_REFUSED", `Globus refuses ${call} (${status}: ${reason}). ${remedyOf(refusal)}`, {
    fields: { ...refusal },
  });
}

function remedyOf({ call, status, globusCode = "", reason }: GlobusRefusal): string {
  if (call.endsWith("/transfer") && /\blabels?\b/i.test(reason)) {
    return "Give the transfer another label: of ASCII letters, digits, blanks, '-', '_' and ','.";
  }
  if (status === 404 || /NotFound/.test(globusCode) || call.includes("/operation/")) {
    return "If it does not know a collection, correct OBJECT_STORE_ENDPOINT and SCRATCH_ENDPOINT.";
  }
  return "Mend what it names; trying again does not help.";
}

export function globusUnreachable(call: string, tries: number, reason: string, cause: unknown): FirstlightError {
  return new FirstlightError(
    "GLOBUS_UNREACHABLE",
    `Globus does not answer ${call}, tried ${tries} times: ${reason}. A transfer that is under way there goes on, and is found again when the task is run again; GLOBUS_MAX_RETRIES says how often a call is tried again.`,
    { disposition: "retry", fields: { call, tries, reason }, cause },
  );
}
