export { busConformance, type MakeBus } from "./conformance/bus-conformance.ts";
export { inventoryConformance, type MakeDriver } from "./conformance/inventory-conformance.ts";
export { type MetadataStoreFixture, metadataStoreConformance } from "./conformance/metadata-store-conformance.ts";
export { objectStoreConformance } from "./conformance/object-store-conformance.ts";
export { plainExpect } from "./conformance/plain-expect.ts";
export type { Expectation, SuiteRunner } from "./conformance/suite-runner.ts";
export { type TelemetryFixture, telemetryConformance } from "./conformance/telemetry-conformance.ts";
export { type TransferFixture, transferConformance } from "./conformance/transfer-conformance.ts";
export { type FakeServices, fakeServices } from "./fake-services.ts";
export {
  type GlobusFault,
  type GlobusRequest,
  type GlobusServer,
  type GlobusServerOptions,
  globusServer,
} from "./globus-server.ts";
export type {
  GlobusServerEvent,
  GlobusServerFile,
  GlobusServerTask,
  GlobusTaskDocument,
  TransferBody,
} from "./globus-server-task.ts";
export {
  type ExpectedFrame,
  type ExpectedPixels,
  type FirstlightMatchers,
  type MatcherResult,
  matchers,
} from "./matchers.ts";
export type { ReceivedPoint } from "./otlp-points.ts";
export {
  type OtlpFault,
  type OtlpReceiver,
  type OtlpReceiverOptions,
  type OtlpRequest,
  otlpReceiver,
} from "./otlp-receiver.ts";
export { type ReceivedSpan, spanTree } from "./otlp-spans.ts";
export type { OtlpAttributes } from "./otlp-values.ts";
export { type MetadataServer, type ServeMetadataOptions, serveMetadata } from "./serve-metadata.ts";
export { type SyntheticFrameOptions, syntheticFrame } from "./synthetic-frame.ts";
export {
  type SyntheticFramesOptions,
  type SyntheticPolcalOptions,
  syntheticFrames,
  syntheticPolcal,
} from "./synthetic-frames.ts";
export { type FrameKind, frameKinds, syntheticHeader } from "./synthetic-header.ts";
export { type TmpRun, type TmpRunOptions, type TmpRunTaskOptions, tmpRun } from "./tmp-run.ts";
