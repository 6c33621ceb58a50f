import type { Transfer, TransferLanding } from "../services/transfer.ts";

/** A transfer that brings files into scratch as this attempt lets them come, where it is not told otherwise. */
export function landingTransfer(transfer: Transfer, landing: TransferLanding): Transfer {
  return {
    name: transfer.name,
    toScratch: (items, options) => transfer.toScratch(items, { landing, ...options }),
    toObjectStore: (items, options) => transfer.toObjectStore(items, options),
    [Symbol.asyncDispose]: () => transfer[Symbol.asyncDispose](),
  };
}
