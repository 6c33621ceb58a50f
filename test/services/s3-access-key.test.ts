import { expect, test } from "vitest";
import { Secret } from "../../src/core/secret.ts";
import { s3StoreAt } from "./real/s3-store-at.ts";

const address = "http://a:b@127.0.0.1:9";

test.each(["hush-access\n", "hush-accéss", "hush access", " "])(
  "refuses the access key %j, which no header can carry, without showing it",
  (key) => {
    const open = () => s3StoreAt(address, { accessKey: new Secret(key) });
    expect(open).toThrow(expect.objectContaining({ disposition: "invalid" }));
    expect(open).toThrow(/OBJECT_STORE_ACCESS_KEY(?![\s\S]*hush)/);
  },
);

test("takes the access keys of servers", async () => {
  for (const key of ["AKIAIOSFODNN7EXAMPLE", "tenant$user", "a.b-c_d"]) {
    await using store = s3StoreAt(address, { accessKey: new Secret(key) });
    expect(store.name).toBe("s3");
  }
});
