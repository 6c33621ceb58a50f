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

test("takes an address of IPv6 with the brackets of a URL or without", async () => {
  for (const host of ["::1", "[::1]"]) {
    await using store = s3StoreAt(address, { host, port: 9000 });
    expect(await store.presign?.("data", "k")).toMatch(/^http:\/\/\[::1\]:9000\/data\/k\?/);
  }
});

test.each(["one,two", "one:9000,two:9000", "one;two", "http://one", ""])("refuses the host %j by name", (host) => {
  const open = () => s3StoreAt(address, { host });
  expect(open).toThrow(expect.objectContaining({ code: "SETTINGS_INVALID", disposition: "invalid" }));
  expect(open).toThrow(/host \(object-store-api in MESH_CONFIG\): expected one host name or address/);
});

test("takes the access keys of servers", async () => {
  for (const key of ["AKIAIOSFODNN7EXAMPLE", "tenant$user", "a.b-c_d"]) {
    await using store = s3StoreAt(address, { accessKey: new Secret(key) });
    expect(store.name).toBe("s3");
  }
});
