// Checked by the compiler alone: each line under @ts-expect-error must not compile.
import { z } from "zod";
import { fits } from "../../src/codecs/fits.ts";
import { text } from "../../src/codecs/text.ts";
import type { Frame } from "../../src/fits/frame.ts";
import type { Header } from "../../src/fits/header.ts";
import { fitsAccess, key } from "../../src/parsing/fits-access.ts";
import { uniqueBud } from "../../src/parsing/unique-bud.ts";
import type { Bus } from "../../src/services/bus.ts";
import { runTask } from "../../src/tasks/run-task.ts";
import { ScienceTaskL0ToL1Base } from "../../src/tasks/science-task.ts";
import { ParseL0InputData } from "../../src/tasks/stock/parse-l0-input-data.ts";
import type { TaskClass } from "../../src/tasks/task-base.ts";
import { WorkflowTaskBase } from "../../src/tasks/workflow-task-base.ts";

export class DeclaresNothing extends WorkflowTaskBase {
  async run(): Promise<void> {
    // @ts-expect-error a task that declares no service cannot call one
    await this.bus.publish([]);
    // @ts-expect-error nor this one
    await this.metadataStore.setStatus(1, "INPROGRESS");
    // @ts-expect-error what it sees in the place of a service is no service
    await takesBus(this.bus);
  }
}

export class DeclaresTwo extends WorkflowTaskBase<"bus" | "transfer"> {
  static override readonly uses = ["bus", "transfer"] as const;
  async run(): Promise<void> {
    const bus: Bus = this.bus;
    await bus.declare([]);
    await this.transfer.toScratch([], { label: "", recipeRunId: 1 });
    // @ts-expect-error it did not declare the object store
    await this.objectStore.head("bucket", "key");
  }
}

/** An instrument's base leaves its services open to the tasks under it. */
export abstract class InstrumentTask<Uses extends "bus" | "objectStore" = never> extends ScienceTaskL0ToL1Base<Uses> {}

export class OfTheInstrument extends InstrumentTask<"bus"> {
  static override readonly uses = ["bus"] as const;
  async run(): Promise<void> {
    await this.bus.declare([]);
    // @ts-expect-error not declared
    await this.objectStore.head("bucket", "key");
  }
}

const schema = z.object({ threshold: z.number(), name: z.string().optional() });

export class Parametrised extends ScienceTaskL0ToL1Base<never, z.output<typeof schema>> {
  static readonly parameters = schema;
  async run(): Promise<void> {
    const threshold: number = this.parameters.threshold;
    // @ts-expect-error it may be missing
    const name: string = this.parameters.name;
    // @ts-expect-error the schema has no such key
    void this.parameters.thresold;
    void [threshold, name];
  }
}

export class ReadsAndWrites extends WorkflowTaskBase {
  async run(): Promise<void> {
    for await (const { value } of this.read(["INPUT"], fits.frame)) {
      const frame: Frame = value;
      await this.write(frame, ["OUTPUT"], fits.frame);
      // @ts-expect-error a frame is no text
      await this.write(frame, ["OUTPUT"], text);
    }
    const { value: header } = await this.readOne("INPUT", fits.header);
    const its: Header = header;
    // @ts-expect-error fits.header only reads
    await this.write(its, ["OUTPUT"], fits.header);
    // @ts-expect-error a file without tags is never found again
    await this.write("text", undefined, text);
    // @ts-expect-error constants are set by setConstant
    this.constants.set("A", 1);
  }
}

const table = fitsAccess({ wavelength: key("LINEWAV", z.number()) });

export class Parses extends ParseL0InputData<typeof table> {
  override readonly fitsAccess = table;
  override constantBuds() {
    return [uniqueBud("WAVELENGTH", "wavelength")];
  }
}

export class ParsesWhatIsNotThere extends ParseL0InputData<typeof table> {
  override readonly fitsAccess = table;
  // @ts-expect-error the table has no attribute 'filter'
  override constantBuds() {
    return [uniqueBud("FILTER", "filter")];
  }
}

export abstract class Unfinished extends WorkflowTaskBase {}

export const classes: readonly TaskClass[] = [DeclaresTwo, OfTheInstrument, Parametrised, Parses];

export async function running(): Promise<void> {
  await runTask(DeclaresTwo, { recipeRunId: 1 });
  // @ts-expect-error an abstract class cannot be run
  await runTask(Unfinished, { recipeRunId: 1 });
  // @ts-expect-error a task belongs to a recipe run
  await runTask(DeclaresTwo, {});
}

declare function takesBus(bus: Bus): Promise<void>;
