import { z } from "zod";
import { fitsAccess, key } from "./fits-access.ts";
import { l1FitsAccess } from "./l1-fits-access.ts";
import { MetadataKey } from "./metadata-key.ts";

/** The attributes of a raw DKIST frame (SPEC-0122): those of a calibrated one, and what it was taken for. */
export const l0FitsAccess = fitsAccess({
  ...l1FitsAccess,
  ipTaskType: key(MetadataKey.ipTaskType, z.string()),
  ipStartTime: key(MetadataKey.ipStartTime, z.string()),
  ipEndTime: key(MetadataKey.ipEndTime, z.string()),
});
