import type { Frame } from "../fits/frame.ts";
import type { Header } from "../fits/header.ts";
import { WriteL1Frame } from "../tasks/stock/write-l1-frame.ts";

/** The demo's L1: the calibrated frames under the generic header profile. */
export class WriteDemoL1 extends WriteL1Frame {
  override l1Header(frame: Frame): Header {
    return frame.header;
  }
}
