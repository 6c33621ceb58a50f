export type { RetryOptions } from "../core/retry.ts";
export { Secret } from "../core/secret.ts";
export type {
  Bus,
  BusMessage,
  Delivery,
  QueueBinding,
  StoredMessage,
  StoredMessageState,
} from "./bus.ts";
export { type AmqpBusOptions, amqpBus } from "./drivers/amqp/amqp-bus.ts";
export type { AmqpConnectionOptions } from "./drivers/amqp/amqp-connect.ts";
export type { AmqpTopologyOptions } from "./drivers/amqp/amqp-topology.ts";
export { type FsObjectStoreOptions, fsObjectStore } from "./drivers/fs/fs-object-store.ts";
export { type FsTransferOptions, fsTransfer } from "./drivers/fs/fs-transfer.ts";
export type { GlobusCredential } from "./drivers/globus/globus-tokens.ts";
export { type GlobusTransferOptions, globusTransfer } from "./drivers/globus/globus-transfer.ts";
export type { GraphqlClientOptions } from "./drivers/graphql/graphql-client.ts";
export { type GraphqlMetadataStoreOptions, graphqlMetadataStore } from "./drivers/graphql/graphql-metadata-store.ts";
export {
  requireBucket as requireObjectBucket,
  requireKey as requireObjectKey,
  requireKeys as requireObjectKeys,
  requireMetadata as requireObjectMetadata,
} from "./drivers/object-name.ts";
export { type OpenSource, openSource as openObjectSource, piecesOf } from "./drivers/object-source.ts";
export { type ObjectStoreTransferOptions, objectStoreTransfer } from "./drivers/object-store-transfer.ts";
export { type S3ClientConfig, type S3Config, type S3TransferConfig, s3Config } from "./drivers/s3/s3-config.ts";
export type { S3ConnectionOptions } from "./drivers/s3/s3-connection.ts";
export { type S3ObjectStoreOptions, s3ObjectStore } from "./drivers/s3/s3-object-store.ts";
export { type SqliteBusOptions, sqliteBus } from "./drivers/sqlite-bus.ts";
export { type SqliteMetadataStoreOptions, sqliteMetadataStore } from "./drivers/sqlite-metadata-store.ts";
export {
  type FilePointer,
  filePointer,
  filePointers,
  formatFrames,
  formatParameters,
  type InputFrames,
  type InputParameter,
  type InputParameterValue,
  parseFrames,
  parseParameters,
} from "./input-dataset.ts";
export { messageIdOf } from "./message-id.ts";
export {
  catalogFrameMessage,
  catalogObjectMessage,
  createQualityReportMessage,
  type MessageModel,
  messageModels,
  recipeRunFailureMessage,
} from "./messages.ts";
export type {
  InputDataset,
  InputDatasetPart,
  InputDatasetPartType,
  MetadataStore,
  OwnMetadataStore,
  ProvenanceRecord,
  RecipeRun,
  RecipeRunRecord,
  RecipeRunRegistration,
  RecipeRunStatus,
  RecipeRunStatuses,
  RecipeRunStatusName,
} from "./metadata-store.ts";
export type {
  ObjectEntry,
  ObjectInfo,
  ObjectSource,
  ObjectStore,
  PresignOptions,
  PutOptions,
} from "./object-store.ts";
export { type OpenServicesOptions, openServices } from "./open-services.ts";
export { type Outbox, outboxBus, publishPending, publishThrough } from "./outbox.ts";
export { type RecipeRunConfiguration, recipeRunConfiguration } from "./recipe-run-configuration.ts";
export { type ServiceName, type Services, serviceNames } from "./services.ts";
export { traceDelivery } from "./trace-delivery.ts";
export type {
  Transfer,
  TransferItem,
  TransferLanding,
  TransferOptions,
  TransferProgress,
  TransferredFile,
} from "./transfer.ts";
