import type { Attributes, AttributeValue } from "@opentelemetry/api";

/** Takes secrets out of the names, texts and lists of attributes; numbers stay. */
export function redactAttributes(redact: (text: string) => string): (given?: Attributes) => Attributes {
  const value = (given: AttributeValue | undefined): AttributeValue | undefined => {
    if (typeof given === "string") return redact(given);
    if (!Array.isArray(given)) return given;
    return given.map((one) => (typeof one === "string" ? redact(one) : one)) as AttributeValue;
  };
  return (given = {}) => Object.fromEntries(Object.entries(given).map(([name, one]) => [redact(name), value(one)]));
}
