import type { ObjectStore } from "../../services/object-store.ts";
import type { SuiteRunner } from "./suite-runner.ts";

/** What of `objectStoreConformance` is about names that no object store takes. */
export function objectStoreRefusals(
  expect: SuiteRunner["expect"],
  withStore: (name: string, body: (store: ObjectStore, prefix: string) => Promise<void>) => unknown,
  bucket: string,
): void {
  const bytes = new TextEncoder().encode("x");

  withStore("takes no text for a list of keys, and no bucket of a name that is too long", async (store, prefix) => {
    await store.put(bucket, `${prefix}k`, bytes);
    const text = "abc" as unknown as string[];
    await expect(store.delete(bucket, text)).rejects.toMatchObject({ code: "OBJECT_KEY_ILLEGAL" });
    const illegal = { code: "OBJECT_BUCKET_ILLEGAL", disposition: "invalid" };
    const long = "b".repeat(300);
    await expect(store.put(long, "k", bytes)).rejects.toMatchObject(illegal);
    await expect(store.delete(long, ["k"])).rejects.toMatchObject(illegal);
    await expect(Array.fromAsync(store.list(long))).rejects.toMatchObject(illegal);
  });

  for (const key of [
    5 as unknown as string,
    "",
    "/a",
    "a//b",
    "a/",
    "../a",
    "a/../../b",
    "./a",
    "a\0b",
    "\ud800",
    "x".repeat(1025),
  ]) {
    withStore(`refuses the key ${JSON.stringify(String(key).slice(0, 20))} everywhere`, async (store) => {
      const illegal = { code: "OBJECT_KEY_ILLEGAL", disposition: "invalid" };
      await expect(store.put(bucket, key, bytes)).rejects.toMatchObject(illegal);
      await expect(store.get(bucket, key)).rejects.toMatchObject(illegal);
      await expect(store.head(bucket, key)).rejects.toMatchObject(illegal);
      await expect(store.delete(bucket, [key])).rejects.toMatchObject(illegal);
    });
  }
}
