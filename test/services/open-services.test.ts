import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { metadataStoreUrl } from "../../src/core/service-address.ts";
import { configurableServices } from "../../src/core/service-driver.ts";
import { loadSettings } from "../../src/core/settings.ts";
import { sqliteBus } from "../../src/services/drivers/sqlite-bus.ts";
import { openServices } from "../../src/services/open-services.ts";
import { requireDrivers } from "../../src/services/require-drivers.ts";
import { globusWorld, objectStoreEndpoint, scratchEndpoint, secretText } from "./globus-world.ts";
import { temporaryFolder } from "./temporary-folder.ts";

test("without any setting everything lies below scratch, and nothing before it is used", async () => {
  await using folder = await temporaryFolder();
  const settings = loadSettings({ SCRATCH_BASE_PATH: folder.path });
  {
    await using services = openServices(settings);
    expect([services.bus.name, services.metadataStore.name]).toEqual(["sqlite", "sqlite"]);
    expect([services.objectStore.name, services.transfer.name]).toEqual(["fs", "fs"]);
    expect(services.bus).toBe(services.bus);
    expect(await readdir(folder.path)).toEqual([]);
    await services.objectStore.put("data", "k", Buffer.from("x"));
    await services.bus.declare([]);
  }
  expect((await readdir(join(folder.path, ".firstlight"))).sort()).toEqual(["bus.sqlite", "objects"]);
});

test("the mesh makes the bus real, and products go where the setting says", async () => {
  await using folder = await temporaryFolder();
  const settings = loadSettings({
    SCRATCH_BASE_PATH: folder.path,
    FIRSTLIGHT_OBJECT_STORE_PATH: join(folder.path, "products"),
    MESH_CONFIG: '{"interservice-bus": {"mesh_address": "127.0.0.1", "mesh_port": 1}}',
  });
  await using services = openServices(settings);
  expect(services.bus.name).toBe("amqp");
  await services.objectStore.put("data", "k", Buffer.from("x"));
  expect(await readdir(join(folder.path, "products"))).toEqual(["data"]);
});

test("the mesh makes the metadata store real", async () => {
  const settings = loadSettings({
    MESH_CONFIG: '{"internal-api-gateway": {"mesh_address": "127.0.0.1", "mesh_port": 1}}',
  });
  await using services = openServices(settings);
  expect(services.metadataStore.name).toBe("graphql");
});

test.each([
  ["gateway.example.org", "http://gateway.example.org:8080/graphql"],
  ["::1", "http://[::1]:8080/graphql"],
  ["[::1]", "http://[::1]:8080/graphql"],
  ["10.0.0.1", "http://10.0.0.1:8080/graphql"],
  ["http://gateway", undefined],
  ["user:password@gateway", undefined],
  ["gateway/path", undefined],
  ["a b", undefined],
])("a metadata store at the mesh address %j has the URL %j", (mesh_address, url) => {
  const MESH_CONFIG = JSON.stringify({ "internal-api-gateway": { mesh_address, mesh_port: 8080 } });
  const found = () => metadataStoreUrl(loadSettings({ MESH_CONFIG }));
  if (url !== undefined) expect(found()).toBe(url);
  else expect(found).toThrow(expect.objectContaining({ code: "SETTINGS_INVALID" }));
});

test("the transfer is Globus where the settings say so, between the collections and servers that they name", async () => {
  await using world = await globusWorld();
  const client = `[{"client_id": "out-0", "client_secret": "${secretText}"}]`;
  const settings = loadSettings({
    TRANSFER_DRIVER: "globus",
    SCRATCH_BASE_PATH: world.scratch,
    OBJECT_STORE_ENDPOINT: objectStoreEndpoint,
    SCRATCH_ENDPOINT: scratchEndpoint,
    GLOBUS_INBOUND_CLIENT_CREDENTIALS: client,
    GLOBUS_OUTBOUND_CLIENT_CREDENTIALS: client,
    GLOBUS_SDK_SERVICE_URL_AUTH: world.server.url,
    GLOBUS_SDK_SERVICE_URL_TRANSFER: world.server.url,
  });
  requireDrivers(settings, configurableServices);
  await using services = openServices(settings);
  expect(services.transfer.name).toBe("globus");
  const path = join(world.scratch, "x");
  await writeFile(path, "product");
  await services.transfer.toObjectStore([{ bucket: "data", key: "x", path }], { label: "x", recipeRunId: 1 });
  expect(await readdir(join(world.objects, "data"))).toEqual(["x"]);
});

const s3 = {
  MESH_CONFIG: '{"object-store-api": {"mesh_address": "127.0.0.1", "mesh_port": 1}}',
  OBJECT_STORE_ACCESS_KEY: "access",
  OBJECT_STORE_SECRET_KEY: "secret",
};

test("the mesh makes the object store real, and what copies to and from it", async () => {
  await using services = openServices(loadSettings(s3));
  expect([services.objectStore.name, services.transfer.name]).toEqual(["s3", "object-store"]);
  await using named = openServices(loadSettings({ ...s3, TRANSFER_DRIVER: "fs" }));
  expect([named.objectStore.name, named.transfer.name]).toEqual(["s3", "fs"]);
  await using apart = openServices(loadSettings({ ...s3, OBJECT_STORE_DRIVER: "fs" }));
  expect([apart.objectStore.name, apart.transfer.name]).toEqual(["fs", "fs"]);
});

test("S3 without keys is refused before a run", () => {
  const { OBJECT_STORE_SECRET_KEY: _, ...lacking } = s3;
  expect(() => requireDrivers(loadSettings(lacking), ["objectStore"])).toThrow(
    expect.objectContaining({
      code: "SETTINGS_INVALID",
      message: expect.stringContaining("OBJECT_STORE_DRIVER: expected OBJECT_STORE_SECRET_KEY to be set"),
    }),
  );
});

test("what S3 cannot go by is refused before a run, for whatever goes through it", () => {
  const settings = loadSettings({ ...s3, S3_UPLOAD_CONFIG: '{"max_concurency": 3}' });
  const refused = { code: "SETTINGS_INVALID", message: expect.stringContaining("expected max_concurrency, perhaps") };
  for (const service of ["objectStore", "transfer"] as const) {
    expect(() => requireDrivers(settings, [service])).toThrow(expect.objectContaining(refused));
  }
  requireDrivers(settings, ["bus", "metadataStore"]);
});

test("a service that is given is used, and stays open", async () => {
  await using folder = await temporaryFolder();
  await using bus = sqliteBus({ path: join(folder.path, "bus.sqlite") });
  {
    await using services = openServices(loadSettings({}), { given: { bus } });
    expect(services.bus).toBe(bus);
  }
  await bus.declare([]);
});
