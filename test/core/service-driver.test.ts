import { expect, test } from "vitest";
import { isFirstlightError } from "../../src/core/errors.ts";
import { busAddress } from "../../src/core/service-address.ts";
import { configurableServices, driverOf, meshAddressOf } from "../../src/core/service-driver.ts";
import { type Environment, loadSettings } from "../../src/core/settings.ts";

const mesh = JSON.stringify({
  "automated-processing-scratch-inventory": { mesh_address: "redis.local", mesh_port: 6380 },
  "interservice-bus": { mesh_address: "bus.local", mesh_port: 5673 },
  "object-store-api": { mesh_address: "::1", mesh_port: 9000 },
  "internal-api-gateway": { mesh_address: "gateway.local", mesh_port: 8080 },
});

const choices = (env: Environment) =>
  Object.fromEntries(
    configurableServices.map((service) => {
      const { driver, because } = driverOf(loadSettings(env), service);
      return [service, `${driver}: ${because}`];
    }),
  );

test("without any setting every service is embedded", () => {
  expect(choices({})).toEqual({
    inventory: "sqlite: default",
    bus: "sqlite: default",
    objectStore: "fs: default",
    metadataStore: "sqlite: default",
    transfer: "fs: default",
  });
});

test("a service that the mesh names becomes real", () => {
  expect(choices({ MESH_CONFIG: mesh })).toEqual({
    inventory: "redis: MESH_CONFIG names automated-processing-scratch-inventory",
    bus: "amqp: MESH_CONFIG names interservice-bus",
    objectStore: "s3: MESH_CONFIG names object-store-api",
    metadataStore: "graphql: MESH_CONFIG names internal-api-gateway",
    transfer: "object-store: MESH_CONFIG names object-store-api",
  });
});

test("a driver that is named wins over the mesh", () => {
  expect(choices({ MESH_CONFIG: mesh, BUS_DRIVER: "sqlite", INVENTORY_DRIVER: "memory" })).toMatchObject({
    bus: "sqlite: BUS_DRIVER",
    inventory: "memory: INVENTORY_DRIVER",
    objectStore: "s3: MESH_CONFIG names object-store-api",
  });
});

test.each([
  [{ OBJECT_STORE_DRIVER: "s3" }, ["OBJECT_STORE_DRIVER", "MESH_CONFIG", "object-store-api"]],
  [{ METADATA_STORE_DRIVER: "graphql" }, ["METADATA_STORE_DRIVER", "MESH_CONFIG", "internal-api-gateway"]],
  [
    { TRANSFER_DRIVER: "globus", SCRATCH_ENDPOINT: "uuid" },
    ["TRANSFER_DRIVER", "OBJECT_STORE_ENDPOINT", "GLOBUS_INBOUND_CLIENT_CREDENTIALS"],
  ],
])("%o without an address is refused, and both settings are named", (env, names) => {
  const error = thrownBy(() => loadSettings(env));
  expect(isFirstlightError(error, "SETTINGS_INVALID")).toBe(true);
  for (const name of names) expect(String(error)).toContain(name);
});

test("globus with its endpoints and clients is accepted", () => {
  const client = '[{"client_id": "a", "client_secret": "b"}]';
  const settings = loadSettings({
    TRANSFER_DRIVER: "globus",
    SCRATCH_ENDPOINT: "uuid-1",
    OBJECT_STORE_ENDPOINT: "uuid-2",
    GLOBUS_INBOUND_CLIENT_CREDENTIALS: client,
    GLOBUS_OUTBOUND_CLIENT_CREDENTIALS: client,
  });
  expect(driverOf(settings, "transfer")).toEqual({ service: "transfer", driver: "globus", because: "TRANSFER_DRIVER" });
});

const client = '[{"client_id": "a", "client_secret": "b"}]';
const collections = { SCRATCH_ENDPOINT: "uuid-1", OBJECT_STORE_ENDPOINT: "uuid-2" };
const clients = { GLOBUS_INBOUND_CLIENT_CREDENTIALS: client, GLOBUS_OUTBOUND_CLIENT_CREDENTIALS: client };

test("where objects lie in S3, Globus moves them as soon as both its collections are named", () => {
  expect(choices({ MESH_CONFIG: mesh, ...collections, ...clients }).transfer).toBe(
    "globus: OBJECT_STORE_ENDPOINT and SCRATCH_ENDPOINT are set",
  );
  expect(choices({ MESH_CONFIG: mesh, SCRATCH_ENDPOINT: "uuid-1", ...clients }).transfer).not.toContain("globus");
  expect(choices({ MESH_CONFIG: mesh, ...collections, ...clients, TRANSFER_DRIVER: "fs" }).transfer).toBe(
    "fs: TRANSFER_DRIVER",
  );
  expect(choices({ ...collections, ...clients }).transfer).toBe("fs: default");
});

test("Globus without its clients is refused, and says why it is Globus", () => {
  const error = String(thrownBy(() => loadSettings({ MESH_CONFIG: mesh, ...collections })));
  for (const name of ["GLOBUS_INBOUND_CLIENT_CREDENTIALS", "GLOBUS_OUTBOUND_CLIENT_CREDENTIALS", "SCRATCH_ENDPOINT"]) {
    expect(error).toContain(name);
  }
});

test("redis and amqp fall back to this machine, as in the Python stack", () => {
  const settings = loadSettings({ INVENTORY_DRIVER: "redis", BUS_DRIVER: "amqp" });
  expect(meshAddressOf(settings, "inventory")).toEqual({ host: "localhost", port: 6379 });
  const { password, ...bus } = busAddress(settings);
  expect(bus).toEqual({ host: "localhost", port: 5672, username: "guest" });
  expect(password.reveal()).toBe("guest");
});

test("addresses come from the mesh", () => {
  const settings = loadSettings({ MESH_CONFIG: mesh });
  expect(meshAddressOf(settings, "inventory")).toEqual({ host: "redis.local", port: 6380 });
  expect(busAddress(settings)).toMatchObject({ host: "bus.local", port: 5673 });
});

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
