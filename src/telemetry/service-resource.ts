import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { Attributes } from "@opentelemetry/api";
import type { Settings } from "../core/settings.ts";

/**
 * Who sends. An instance is one process: two of them under one id would be taken for one, whose counters jump. The command line
 * of the process is not told, for it may hold anything.
 */
export function serviceAttributes(settings: Settings): Attributes {
  return {
    "service.name": settings.otelServiceName,
    "service.name.alias": "dkist-processing",
    "service.version": settings.dkistServiceVersion,
    "service.instance.id": randomUUID(),
    "nomad.allocation.id": settings.nomadAllocId,
    "nomad.allocation.name": settings.nomadAllocName,
    "nomad.allocation.group": settings.nomadGroupName,
    "host.name": hostname(),
    "process.pid": process.pid,
    "process.runtime.name": "nodejs",
    "process.runtime.version": process.versions.node,
  };
}
