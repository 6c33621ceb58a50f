import { json } from "../../codecs/json.ts";
import { model } from "../../codecs/model.ts";
import type { AttemptRecord } from "../../provenance/attempt-record.ts";
import { provenanceDocument } from "../../provenance/provenance-document.ts";
import { Tag } from "../../scratch/tag.ts";
import { attemptRecordSchema, provenance, provenanceRecord } from "../keep-attempt-record.ts";
import { WorkflowTaskBase } from "../workflow-task-base.ts";

/** Which file was made of which by what, for the whole run so far: `{dataset}_provenance.json` (W3C PROV) among the products. */
export class AssembleProvenance extends WorkflowTaskBase {
  override async run(): Promise<void> {
    const records: AttemptRecord[] = [];
    for await (const { value } of this.read([provenanceRecord], model(attemptRecordSchema))) records.push(value);
    const document = provenanceDocument(records, {
      recipeRunId: this.recipeRunId,
      workflowName: this.workflowName,
      workflowVersion: this.workflowVersion,
      datasetId: this.datasetId,
    });
    await this.write(document, [Tag.output(), provenance], json, {
      relativePath: `output/${this.datasetId}_provenance.json`,
    });
  }
}
