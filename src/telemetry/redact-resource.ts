import type { Attributes } from "@opentelemetry/api";
import { type Resource, resourceFromAttributes } from "@opentelemetry/resources";
import { redactAttributes } from "./redact-attributes.ts";

/**
 * Takes secrets out of what a process says of itself: `OTEL_RESOURCE_ATTRIBUTES` may hold anything. A resource stays one, for the
 * exporters send what has the same together.
 */
export function resourceRedactor(redact: (text: string) => string): (resource: Resource) => Resource {
  const redacted = new WeakMap<Resource, Resource>();
  const attributes = redactAttributes(redact);
  return (resource) => {
    const known = redacted.get(resource);
    if (known !== undefined) return known;
    const made = resourceFromAttributes(attributes(resource.attributes as Attributes));
    redacted.set(resource, made);
    return made;
  };
}
