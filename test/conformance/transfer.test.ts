import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { fsObjectStore } from "../../src/services/drivers/fs-object-store.ts";
import { fsTransfer } from "../../src/services/drivers/fs-transfer.ts";
import { transferConformance } from "../../src/testing/conformance/transfer-conformance.ts";

const root = await mkdtemp(join(tmpdir(), "firstlight-objects-"));
afterAll(() => rm(root, { recursive: true }));

describe("fs transfer", () => {
  transferConformance(
    { describe, test, expect },
    { openTransfer: async () => fsTransfer({ root }), openStore: async () => fsObjectStore({ root }) },
    "data",
  );
});
