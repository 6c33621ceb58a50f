import type { Header } from "firstlight/fits";
import { access } from "firstlight/parsing";
import { QualityL0Metrics } from "firstlight/tasks";
import { eitAccess } from "./eit-access.ts";

/** Every frame of EIT is an observation. Its mean still holds the pedestal. */
export class EitQualityL0 extends QualityL0Metrics {
  override groups() {
    return [{ taskType: "OBSERVE", tags: [] }];
  }

  override exposure(header: Header, file: string) {
    const eit = access(eitAccess, header, file);
    return { time: eit.timeObs, seconds: eit.exposureTimeS };
  }
}
