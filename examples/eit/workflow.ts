import { Workflow } from "firstlight";
import {
  AssembleProvenance,
  AssembleQualityData,
  PublishCatalogMessages,
  Teardown,
  TransferL0Data,
  TransferL1Data,
} from "firstlight/tasks";
import { DivideByExposure } from "./divide-by-exposure.ts";
import { EitQuality } from "./eit-quality.ts";
import { MakeEitBrowse } from "./make-eit-browse.ts";
import { MaskMissingBlocks } from "./mask-missing-blocks.ts";
import { ParseEit } from "./parse-eit.ts";
import { RemovePedestal } from "./remove-pedestal.ts";
import { WriteEitL1 } from "./write-eit-l1.ts";

/** SOHO/EIT, full-disk frames of one wavelength: from level zero to a partial L1 in counts per second. */
export const workflow = new Workflow({ inputData: "l0", outputData: "l1", category: "eit", version: "1.0.0" })
  .add(TransferL0Data)
  .add(ParseEit, { after: TransferL0Data })
  .add(MaskMissingBlocks, { after: ParseEit })
  .add(RemovePedestal, { after: MaskMissingBlocks })
  .add(EitQuality, { after: RemovePedestal })
  .add(DivideByExposure, { after: RemovePedestal })
  .add(WriteEitL1, { after: DivideByExposure })
  .add(MakeEitBrowse, { after: WriteEitL1 })
  .add(AssembleQualityData, { after: EitQuality })
  .add(AssembleProvenance, { after: [MakeEitBrowse, AssembleQualityData] })
  .add(TransferL1Data, { after: AssembleProvenance })
  .add(PublishCatalogMessages, { after: TransferL1Data })
  .add(Teardown, { after: PublishCatalogMessages });
