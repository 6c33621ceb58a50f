import { fits, ScienceTaskL0ToL1Base, Tag, text, Workflow } from "firstlight";
import type { Frame, Header } from "firstlight/fits";
import {
  BudName,
  exposureTimeFlower,
  l0FitsAccess,
  taskTypeFlower,
  taskWithGains,
  uniqueBud,
} from "firstlight/parsing";
import {
  ParseL0InputData,
  PublishCatalogMessages,
  Teardown,
  TransferL0Data,
  TransferL1Data,
  WriteL1Frame,
} from "firstlight/tasks";

/** Sorts the frames, and leaves two notes for others to overwrite and remove. */
export class Parse extends ParseL0InputData<typeof l0FitsAccess> {
  override readonly fitsAccess = l0FitsAccess;

  override constantBuds() {
    return [uniqueBud(BudName.instrument, "instrument"), uniqueBud(BudName.proposalId, "proposalId")];
  }

  override tagFlowers() {
    return [taskTypeFlower(taskWithGains), exposureTimeFlower()];
  }

  override async run(): Promise<void> {
    await super.run();
    for (const name of ["one", "two"]) {
      await this.write(`parse ${name}`, ["NOTE", Tag.debug()], text, { relativePath: `notes/${name}.txt` });
    }
  }
}

/** Does to scratch all that a task can do: new files, tags on old ones, a file overwritten, one removed, a constant. */
export class Calibrate extends ScienceTaskL0ToL1Base {
  async run(): Promise<void> {
    const query = [Tag.input(), Tag.frame(), Tag.taskObserve()];
    await this.setConstant("GAIN", 2.0);
    for await (const { value: frame } of this.read(query, fits.frame)) {
      await this.write(frame, [Tag.calibrated(), Tag.frame()], fits.frame);
    }
    await this.tag(await this.paths(query), ["CALIBRATED_ALREADY"]);
    await this.removeTags(await this.paths(query), [Tag.exposureTime(20)]);
    await this.write("calibrate one", ["NOTE"], text, { relativePath: "notes/one.txt", overwrite: true });
    await this.scratch.remove("notes/two.txt");
  }
}

/** Works beside `Calibrate`, on the same files: neither may undo what the other did. */
export class Judge extends ScienceTaskL0ToL1Base {
  async run(): Promise<void> {
    const query = [Tag.input(), Tag.frame()];
    for await (const { value: frame } of this.read(query, fits.frame)) {
      await this.write(String(frame.image.data[0]), [Tag.intermediate(), "VERDICT"], text);
    }
    await this.tag(await this.paths(query), ["JUDGED"]);
    await this.setConstant("VERDICT", "good");
  }
}

export class WriteL1 extends WriteL1Frame {
  override l1Header(frame: Frame): Header {
    return frame.header;
  }
}

const retries = Number(process.env.CHAOS_RETRIES ?? "0");
const often = { retries, retryDelaySeconds: 0 };

const upToMessages = (category: string) =>
  new Workflow({ inputData: "l0", outputData: "l1", category, version: "1" })
    .add(TransferL0Data, often)
    .add(Parse, { after: TransferL0Data, ...often })
    .add(Calibrate, { after: Parse, ...often })
    .add(Judge, { after: Parse, ...often })
    .add(WriteL1, { after: Calibrate, ...often })
    .add(TransferL1Data, { after: [WriteL1, Judge], ...often })
    .add(PublishCatalogMessages, { after: TransferL1Data, ...often });

/** Keeps its scratch, to be looked at. */
export const kept = upToMessages("kept");

/** Empties it. */
export const torn = upToMessages("torn").add(Teardown, { after: PublishCatalogMessages, ...often });
