import { AssembleProvenance } from "../tasks/stock/assemble-provenance.ts";
import { AssembleQualityData } from "../tasks/stock/assemble-quality-data.ts";
import { MakeBrowseImages } from "../tasks/stock/make-browse-images.ts";
import { PublishCatalogMessages } from "../tasks/stock/publish-catalog-messages.ts";
import { Teardown } from "../tasks/stock/teardown.ts";
import { TransferL0Data } from "../tasks/stock/transfer-l0-data.ts";
import { TransferL1Data } from "../tasks/stock/transfer-l1-data.ts";
import { Workflow } from "../workflow/workflow.ts";
import { AverageDarks } from "./average-darks.ts";
import { CalibrateObserve } from "./calibrate-observe.ts";
import { DemoQualityL0 } from "./demo-quality.ts";
import { MakeFlat } from "./make-flat.ts";
import { MeasureDarkCurrent } from "./measure-dark-current.ts";
import { ParseDemo } from "./parse-demo.ts";
import { WriteDemoL1 } from "./write-demo-l1.ts";

/** The synthetic camera's frames, from raw to calibrated. */
export const workflow = new Workflow({ inputData: "l0", outputData: "l1", category: "demo", version: "1.0.0" })
  .add(TransferL0Data)
  .add(ParseDemo, { after: TransferL0Data })
  .add(DemoQualityL0, { after: ParseDemo })
  .add(AverageDarks, { after: ParseDemo })
  .add(MeasureDarkCurrent, { after: AverageDarks })
  .add(MakeFlat, { after: MeasureDarkCurrent })
  .add(CalibrateObserve, { after: MakeFlat })
  .add(WriteDemoL1, { after: CalibrateObserve })
  .add(MakeBrowseImages, { after: WriteDemoL1 })
  .add(AssembleQualityData, { after: DemoQualityL0 })
  .add(AssembleProvenance, { after: [MakeBrowseImages, AssembleQualityData] })
  .add(TransferL1Data, { after: AssembleProvenance })
  .add(PublishCatalogMessages, { after: TransferL1Data })
  .add(Teardown, { after: PublishCatalogMessages });
