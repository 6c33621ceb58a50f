import { describe, expect, test } from "vitest";
import { objectStoreTransfer } from "../../../src/services/drivers/object-store-transfer.ts";
import { objectStoreConformance } from "../../../src/testing/conformance/object-store-conformance.ts";
import { transferConformance } from "../../../src/testing/conformance/transfer-conformance.ts";
import { describeWithRgw } from "../../servers/with-server.ts";
import { makeBucket, plainClient, s3StoreAt } from "./s3-store-at.ts";

describeWithRgw("s3 object store", (url) => {
  const bucket = "conformance";
  const withBucket = async () => {
    await makeBucket(url, bucket);
    return s3StoreAt(url, { env: { S3_UPLOAD_CONFIG: '{"multipart_chunksize": 5242880}' } });
  };

  describe("conformance", () => {
    objectStoreConformance({ describe, test, expect }, withBucket, bucket, async (key) => {
      const client = await plainClient(url);
      await client.putObject({ Bucket: bucket, Key: key, Body: new Uint8Array(0) });
      client.destroy();
    });
  });

  describe("transfer over it", () => {
    transferConformance(
      { describe, test, expect },
      {
        openTransfer: async () => objectStoreTransfer({ store: await withBucket(), parallel: 2 }),
        openStore: withBucket,
      },
      bucket,
    );
  });
});
