import { FirstlightError } from "../../../core/errors.ts";
import type { S3TransferConfig } from "./s3-config.ts";

/** Amazon's limits, which other servers share: parts of one object, their size but for the last, and one that is put in one piece. */
const mostParts = 10_000;
const leastPartBytes = 5 * 1024 ** 2;
const mostPartBytes = 5 * 1024 ** 3;
const mebibyte = 1024 ** 2;
/** Of the parts that are on their way at a time. */
const mostMemoryBytes = 256 * mebibyte;

/** A stretch of an object. */
export interface Part {
  readonly offset: number;
  readonly sizeBytes: number;
}

export interface PartPlan {
  readonly parts: readonly Part[];
  /** How many of them may be in memory at once. */
  readonly parallel: number;
}

/**
 * How an object of this size is put: in one piece below the threshold, from it on in parts as they are configured, larger ones where
 * 10,000 of them would not do.
 *
 * @throws FirstlightError OBJECT_TOO_LARGE
 */
export function planUpload(sizeBytes: number, config: S3TransferConfig): PartPlan {
  if (sizeBytes < config.thresholdBytes && sizeBytes <= mostPartBytes)
    return planOf(sizeBytes, Math.max(sizeBytes, 1), config);
  const needed = Math.ceil(sizeBytes / mostParts / mebibyte) * mebibyte;
  if (needed > mostPartBytes) {
    throw new FirstlightError(
      "OBJECT_TOO_LARGE",
      `An object of ${sizeBytes} bytes cannot be stored: S3 takes ${mostParts} parts of ${mostPartBytes} bytes at most. Divide it.`,
      { disposition: "invalid", fields: { sizeBytes } },
    );
  }
  return planOf(sizeBytes, Math.min(mostPartBytes, Math.max(config.partBytes, leastPartBytes, needed)), config);
}

/** The stretches in which a range of an object is read. */
export function planDownload(range: Part, config: S3TransferConfig): PartPlan {
  const whole = range.sizeBytes < config.thresholdBytes;
  const { parts, parallel } = planOf(range.sizeBytes, whole ? Math.max(range.sizeBytes, 1) : config.partBytes, config);
  return { parts: parts.map((part) => ({ ...part, offset: range.offset + part.offset })), parallel };
}

function planOf(sizeBytes: number, partBytes: number, { parallel }: S3TransferConfig): PartPlan {
  const parts = Array.from({ length: Math.ceil(sizeBytes / partBytes) }, (_, index): Part => {
    const offset = index * partBytes;
    return { offset, sizeBytes: Math.min(partBytes, sizeBytes - offset) };
  });
  return { parts, parallel: Math.max(1, Math.min(parallel, Math.floor(mostMemoryBytes / partBytes))) };
}
