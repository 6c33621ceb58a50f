import { basename } from "node:path";
import { fits } from "../../codecs/fits.ts";
import { hideCredentials } from "../../core/hide-credentials.ts";
import type { Frame } from "../../fits/frame.ts";
import type { Header } from "../../fits/header.ts";
import type { HeaderProfile } from "../../headers/header-profile.ts";
import { l1FileNames } from "../../headers/l1-file-name.ts";
import { solarnet } from "../../headers/solarnet.ts";
import { toFloat32 } from "../../math/precision.ts";
import { statistics } from "../../math/statistics.ts";
import { Tag } from "../../scratch/tag.ts";
import type { ServiceName } from "../../services/services.ts";
import { ScienceTaskL0ToL1Base } from "../science-task.ts";
import { softwareName } from "../software-name.ts";

/**
 * Writes each calibrated frame as a product: float32 pixels, a header by the profile, checksums, a name of its own.
 * An instrument says in `l1Header` what of its own cards calibration changed.
 */
export abstract class WriteL1Frame<
  Uses extends ServiceName = never,
  Parameters = unknown,
> extends ScienceTaskL0ToL1Base<Uses, Parameters> {
  /** How the header is made. */
  readonly headerProfile: HeaderProfile = solarnet;

  /** Which frames become products. */
  readonly calibratedTags: readonly string[] = [Tag.calibrated(), Tag.frame()];

  /** Parts of the file's name that tell frames of one instant apart: a wavelength, a Stokes parameter. */
  fileNameParts(_header: Header): readonly string[] {
    return [];
  }

  /** The instrument's own cards of a calibrated frame; the profile's cards come after. `file` names the frame in errors. */
  abstract l1Header(frame: Frame, file: string): Header;

  override async run(): Promise<void> {
    const nameOf = l1FileNames(this.datasetId);
    const creator = softwareName();
    const { docsBaseUrl } = this.context.settings;
    this.progress.start(await this.count(this.calibratedTags), "frames");
    for await (const { path, value: frame } of this.read(this.calibratedTags, fits.frame)) {
      const image = toFloat32(frame.image);
      const instrumentHeader = this.l1Header({ ...frame, image }, basename(path));
      const fileName = nameOf(instrumentHeader, this.fileNameParts(instrumentHeader));
      const header = this.headerProfile.apply(instrumentHeader, {
        recipeRunId: this.recipeRunId,
        workflowName: this.workflowName,
        workflowVersion: this.workflowVersion,
        datasetId: this.datasetId,
        fileName,
        createdAt: this.context.clock.now(),
        creator,
        statistics: statistics(image),
        ...(docsBaseUrl === undefined ? {} : { docsBaseUrl: hideCredentials(docsBaseUrl) }),
      });
      await this.write({ ...frame, header, image }, [Tag.output(), Tag.frame()], fits.frame, {
        relativePath: `output/${fileName}`,
      });
      this.progress.increment();
    }
  }
}
