import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadSettings } from "../core/settings.ts";
import type { Bus } from "../services/bus.ts";
import type { OwnMetadataStore } from "../services/metadata-store.ts";
import { openServices } from "../services/open-services.ts";
import type { Services } from "../services/services.ts";

/** The world outside of a task under test, with what only a world of one's own can tell. Disposing removes all that it keeps. */
export interface FakeServices extends Services, AsyncDisposable {
  readonly bus: Bus & Required<Pick<Bus, "messages">>;
  readonly metadataStore: OwnMetadataStore;
}

/**
 * Services for the test of a task: the embedded ones, in a temporary folder that is made when one is first used. They pass the
 * conformance suites, so that a task meets nothing that the real ones do not do. For `runTask`, or `tmpRun` where several runs
 * share a world. Give a task a service of your own by spreading: `{ ...fakeServices(), bus }`.
 */
export function fakeServices(): FakeServices {
  const folder = join(tmpdir(), `firstlight-services-${randomUUID()}`);
  const services = openServices(loadSettings({ SCRATCH_BASE_PATH: folder }));
  return {
    get bus() {
      return services.bus as FakeServices["bus"];
    },
    get objectStore() {
      return services.objectStore;
    },
    get metadataStore() {
      return services.metadataStore as FakeServices["metadataStore"];
    },
    get transfer() {
      return services.transfer;
    },
    async [Symbol.asyncDispose]() {
      await services[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
