export type { AttemptRecord, RecordedRead, RecordedRun, RecordedWrite } from "./attempt-record.ts";
export { type ProvenanceDocument, type ProvenanceOptions, provenanceDocument } from "./provenance-document.ts";
