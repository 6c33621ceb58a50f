const mostOfAnswer = 200;

const settings =
  "Check OTEL_EXPORTER_OTLP_TRACES_ENDPOINT and OTEL_EXPORTER_OTLP_METRICS_ENDPOINT, and that a collector is there that speaks OTEL_EXPORTER_OTLP_PROTOCOL";
const seeCollector = "See whether the collector, and what is behind it, is up";
const seeLimits = "The collector's own log and settings say how much it takes, and of whom";

/** What to do, by the HTTP status or the gRPC code of an answer. */
const remedies: Readonly<Record<string, string>> = {
  ...Object.fromEntries(["401", "403", "7", "16"].map((code) => [code, "Check OTEL_EXPORTER_OTLP_HEADERS"])),
  ...Object.fromEntries(["413", "429", "8"].map((code) => [code, seeLimits])),
  ...Object.fromEntries(["500", "502", "503", "504", "4", "14"].map((code) => [code, seeCollector])),
};

interface Trouble {
  readonly what: string;
  /** What the collector said of it. */
  readonly answer: string;
  readonly remedy: string;
}

/**
 * One line for what the SDK says when something was not sent: the status of an answer, the first 200 characters of what was said, and what to
 * do. The SDK's own text is an error as JSON with its stack and all of the answer, or several texts.
 */
export function troubleOf(parts: readonly unknown[], redact: (text: string) => string): string {
  const { what, answer, remedy } = knownTrouble(parts);
  // First redacted: of a secret that is cut in two, one half would be left.
  const [told, said] = [what, answer].map((text) => beginningOf(oneLine(redact(text))));
  return `${told}${said === "" ? "" : `: ${said}`}. ${remedy}.`;
}

function knownTrouble(parts: readonly unknown[]): Trouble {
  const texts = parts.map(textOf).filter((text) => text !== "");
  const [first = "", ...others] = texts;
  const { name, code = "", message = first, data, details } = fieldsOf(parts[0]);
  const bytes = parts.find((part) => part instanceof Uint8Array);
  if (first.startsWith("Received Partial Success")) {
    return { what: "the collector refused a part", answer: others.join(" "), remedy: seeLimits };
  }
  if (bytes !== undefined) {
    const what = "the collector answered with success, and what no collector answers";
    return { what, answer: textOf(bytes), remedy: settings };
  }
  if (message === "Export failed with retryable status") {
    return {
      what: "the collector could take nothing for now, as HTTP 429 and 503 say",
      answer: "",
      remedy: seeCollector,
    };
  }
  const remedy = remedies[code] ?? settings;
  if (name === "OTLPExporterError" && code !== "") {
    return { what: `the collector answered HTTP ${code} ${message}`, answer: data ?? "", remedy };
  }
  return {
    what: message,
    answer: [...others, details ?? ""].find((text) => text !== "" && !message.includes(text)) ?? "",
    remedy,
  };
}

interface ErrorFields {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly data?: string;
  readonly details?: string;
}

/** The SDK hands on an error, or the JSON text of its properties, each of them a text. */
function fieldsOf(part: unknown): ErrorFields {
  const error = part instanceof Error ? part : parsed(textOf(part));
  if (typeof error !== "object" || error === null) return {};
  const told = ["name", "code", "message", "data", "details"].flatMap((name) => {
    const value: unknown = Reflect.get(error, name);
    return typeof value === "string" || typeof value === "number" ? [[name, String(value)] as const] : [];
  });
  return Object.fromEntries(told);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Bytes, which the SDK adds where it could read none, are the answer itself. */
function textOf(value: unknown): string {
  if (value instanceof Error) return value.message;
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  return typeof value === "string" ? value : "";
}

function beginningOf(text: string): string {
  return text.length > mostOfAnswer ? `${text.slice(0, mostOfAnswer)}…` : text;
}

function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an answer may hold anything, and a terminal obeys it
  return text.replaceAll(/[\u0000-\u0020\u007f-\u009f]+/g, " ").trim();
}
