/** What a field of a message holds; `[message]` and `["string"]` are repeated. */
type Kind = "string" | "hex" | "bool" | "varint" | "fixed64" | "sfixed64" | "double" | Message;
type Field = readonly [name: string, kind: Kind | readonly [Kind]];
interface Message {
  readonly [number: number]: Field;
}

const anyValue: { [number: number]: Field } = {
  1: ["stringValue", "string"],
  2: ["boolValue", "bool"],
  3: ["intValue", "varint"],
  4: ["doubleValue", "double"],
};
anyValue[5] = ["arrayValue", { 1: ["values", [anyValue]] }];
const keyValue: Message = { 1: ["key", "string"], 2: ["value", anyValue] };
anyValue[6] = ["kvlistValue", { 1: ["values", [keyValue]] }];
const resource: Message = { 1: ["attributes", [keyValue]] };
const scope: Message = { 1: ["name", "string"], 2: ["version", "string"] };
const point: Message = {
  2: ["startTimeUnixNano", "fixed64"],
  3: ["timeUnixNano", "fixed64"],
  4: ["asDouble", "double"],
  6: ["asInt", "sfixed64"],
  7: ["attributes", [keyValue]],
};
const histogramPoint: Message = {
  2: ["startTimeUnixNano", "fixed64"],
  3: ["timeUnixNano", "fixed64"],
  4: ["count", "fixed64"],
  5: ["sum", "double"],
  9: ["attributes", [keyValue]],
};
const span: Message = {
  1: ["traceId", "hex"],
  2: ["spanId", "hex"],
  4: ["parentSpanId", "hex"],
  5: ["name", "string"],
  6: ["kind", "varint"],
  7: ["startTimeUnixNano", "fixed64"],
  8: ["endTimeUnixNano", "fixed64"],
  9: ["attributes", [keyValue]],
  11: ["events", [{ 1: ["timeUnixNano", "fixed64"], 2: ["name", "string"], 3: ["attributes", [keyValue]] }]],
  13: ["links", [{ 1: ["traceId", "hex"], 2: ["spanId", "hex"], 4: ["attributes", [keyValue]] }]],
  15: ["status", { 2: ["message", "string"], 3: ["code", "varint"] }],
};
const metric: Message = {
  1: ["name", "string"],
  2: ["description", "string"],
  3: ["unit", "string"],
  5: ["gauge", { 1: ["dataPoints", [point]] }],
  7: ["sum", { 1: ["dataPoints", [point]], 2: ["aggregationTemporality", "varint"], 3: ["isMonotonic", "bool"] }],
  9: ["histogram", { 1: ["dataPoints", [histogramPoint]], 2: ["aggregationTemporality", "varint"] }],
};

/** The two requests of OTLP (opentelemetry-proto 1.x), as far as `otlpReceiver` tells of them: what JSON carries, under the same names. */
export const otlpRequests = {
  traces: {
    1: [
      "resourceSpans",
      [{ 1: ["resource", resource], 2: ["scopeSpans", [{ 1: ["scope", scope], 2: ["spans", [span]] }]] }],
    ],
  },
  metrics: {
    1: [
      "resourceMetrics",
      [{ 1: ["resource", resource], 2: ["scopeMetrics", [{ 1: ["scope", scope], 2: ["metrics", [metric]] }]] }],
    ],
  },
} as const satisfies Readonly<Record<string, Message>>;

/**
 * Reads a message of Protocol Buffers; fields that `message` does not name are skipped.
 *
 * @throws RangeError where the bytes are none
 */
export function readProtobuf(bytes: Buffer, message: Message): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  let at = 0;
  const varint = (): bigint => {
    for (let value = 0n, shift = 0n; ; shift += 7n) {
      if (shift > 63n) throw new RangeError(`No number at byte ${at}.`);
      const byte = bytes.readUInt8(at);
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const wire = tag & 7;
    const start = wire === 2 ? Number(varint()) : 0;
    const [from, to] = wire === 2 ? [at, at + start] : wire === 1 ? [at, at + 8] : wire === 5 ? [at, at + 4] : [at, at];
    const number = wire === 0 ? varint() : 0n;
    if (to > bytes.length || ![0, 1, 2, 5].includes(wire)) throw new RangeError(`No field of a message at byte ${at}.`);
    if (wire !== 0) at = to;
    const field = message[tag >> 3];
    if (field === undefined) continue;
    const [name, kind] = field;
    const value = fieldValue(Array.isArray(kind) ? kind[0] : kind, bytes.subarray(from, to), number);
    if (Array.isArray(kind)) result[name] = [...((result[name] as unknown[] | undefined) ?? []), value];
    else result[name] = value;
  }
  return result;
}

function fieldValue(kind: Kind, bytes: Buffer, number: bigint): unknown {
  switch (kind) {
    case "string":
      return bytes.toString("utf8");
    case "hex":
      return bytes.toString("hex");
    case "bool":
      return number !== 0n;
    case "varint":
      return Number(BigInt.asIntN(64, number));
    case "fixed64":
      return String(bytes.readBigUInt64LE());
    case "sfixed64":
      return Number(bytes.readBigInt64LE());
    case "double":
      return bytes.readDoubleLE();
    default:
      return readProtobuf(bytes, kind);
  }
}
