/** google.rpc.Status, whose details are google.protobuf.Any; one of them may be a google.rpc.RetryInfo with a google.protobuf.Duration. */
const statusDetails = 3;
const [anyType, anyValue] = [1, 2];
const retryDelay = 1;
const [durationSeconds, durationNanos] = [1, 2];

/**
 * After how many milliseconds a server of gRPC wants to be asked again, as its error says in `grpc-status-details-bin`: 0 where it leaves
 * that to who asks. Undefined where it does not want to be asked again, or nothing that can be read.
 */
export function retryDelayMs(error: unknown): number | undefined {
  for (const status of detailsOf(error)) {
    try {
      for (const any of fieldsOf(status, statusDetails)) {
        const [type] = fieldsOf(any.bytes, anyType);
        if (type?.bytes.toString().endsWith("/google.rpc.RetryInfo") !== true) continue;
        const [info = nothing] = fieldsOf(any.bytes, anyValue);
        const [delay = nothing] = fieldsOf(info.bytes, retryDelay);
        const [seconds = nothing] = fieldsOf(delay.bytes, durationSeconds);
        const [nanos = nothing] = fieldsOf(delay.bytes, durationNanos);
        return Math.max(0, Number(seconds.number) * 1000 + Number(nanos.number) / 1e6);
      }
    } catch {
      // What is no such message says nothing.
    }
  }
  return undefined;
}

/** Of `ServiceError` of @grpc/grpc-js, whose metadata holds the trailers. */
function detailsOf(error: unknown): readonly Buffer[] {
  const metadata: unknown = error instanceof Error && "metadata" in error ? error.metadata : undefined;
  if (typeof metadata !== "object" || metadata === null || !("get" in metadata)) return [];
  if (typeof metadata.get !== "function") return [];
  const found: unknown = metadata.get("grpc-status-details-bin");
  return Array.isArray(found) ? found.filter((one) => Buffer.isBuffer(one)) : [];
}

interface Field {
  readonly number: bigint;
  readonly bytes: Buffer;
}

const nothing: Field = { number: 0n, bytes: Buffer.alloc(0) };

/** The fields of this number in a message of Protocol Buffers. Throws where the bytes are none. */
function fieldsOf(message: Buffer, wanted: number): readonly Field[] {
  const found: Field[] = [];
  let at = 0;
  const varint = (): bigint => {
    for (let value = 0n, shift = 0n; ; shift += 7n) {
      const byte = message.readUInt8(at);
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
  };
  while (at < message.length) {
    const tag = Number(varint());
    const wire = tag & 7;
    const number = wire === 0 || wire === 2 ? varint() : 0n;
    const length = wire === 0 ? 0 : wire === 2 ? Number(number) : wire === 1 ? 8 : wire === 5 ? 4 : -1;
    if (length < 0 || at + length > message.length) throw new RangeError(`No field of a message at byte ${at}.`);
    if (tag >> 3 === wanted) found.push({ number, bytes: message.subarray(at, at + length) });
    at += length;
  }
  return found;
}
