import { real } from "../core/scalar.ts";
import type { HeaderRecord } from "../fits/header.ts";
import { type CameraSettings, detector } from "./camera-options.ts";
import { sunRadiusPixels } from "./truth-sun.ts";

/** What a frame is of. */
export type FrameKind = "dark" | "lamp gain" | "solar gain" | "observe";

export interface Exposure {
  readonly kind: FrameKind;
  readonly exposureSeconds: number;
  /** From 1 within its kind and exposure time. */
  readonly number: number;
  readonly begin: Date;
}

const solarRadiusArcsec = 960;

/** The cards of a raw frame, in the spelling of the DKIST L0 headers, so that the ready-made parsing reads them. */
export function frameHeader(exposure: Exposure, settings: CameraSettings): HeaderRecord {
  const { kind, number, begin } = exposure;
  const exposureMs = Math.round(exposure.exposureSeconds * 1e6) / 1e3;
  const lamp = kind === "lamp gain";
  const observe = kind === "observe";
  return {
    "DATE-BEG": [isoTime(begin), "start of the exposure, UTC"],
    "DATE-END": [isoTime(new Date(begin.getTime() + exposureMs)), "end of the exposure, UTC"],
    TIMESYS: ["UTC", ""],
    ORIGIN: ["firstlight", "synthetic data"],
    TELESCOP: ["DEMO", ""],
    INSTRUME: ["DEMOCAM", "synthetic camera"],
    OBJECT: [observe ? "Sun, full disk" : kind, ""],
    BUNIT: ["adu", ""],
    IPTASK: [kind === "lamp gain" || kind === "solar gain" ? "gain" : kind, "what the frame is for"],
    LVL3STAT: [lamp ? "lamp" : "clear", "lamp stage"],
    LAMPSTAT: [lamp ? "on" : "off", "lamp"],
    LVL0STAT: [kind === "dark" ? "DarkShutter" : kind === "solar gain" ? "Diffuser" : "clear", "entrance of the light"],
    XPOSURE: [real(exposureMs), "[ms] exposure time"],
    TEXPOSUR: [real(exposureMs), "[ms] exposure time of one readout"],
    NSUMEXP: [1, "readouts summed"],
    CAM_ID: ["DEMO-01", "camera"],
    CAMERA: ["Demo camera", ""],
    BITDEPTH: [detector.bits, "bits of a pixel"],
    DETGAIN: [real(detector.electronsPerAdu), "electrons per adu"],
    RDNOISE: [real(detector.readNoiseElectrons), "[electron] read noise"],
    LINEWAV: [real(550), "[nm] wavelength"],
    PROP_ID: ["demo_1", "proposal"],
    EXPER_ID: ["eid_demo_1", "experiment"],
    OBSPR_ID: [`op_demo_${kind.replace(" ", "_")}`, "observing program"],
    IP_ID: [`ip_demo_${kind.replace(" ", "_")}_${exposureMs}`, "instrument program"],
    ...(observe ? observeCards(number, settings) : {}),
  };
}

function observeCards(number: number, { observeFrames, sizePixels }: CameraSettings): HeaderRecord {
  const centre = (sizePixels + 1) / 2;
  const arcsecPerPixel = Math.round((1e6 * solarRadiusArcsec) / sunRadiusPixels(sizePixels)) / 1e6;
  return {
    DSPSREPS: [observeFrames, "frames of the series"],
    DSPSNUM: [number, "frame of the series, from 1"],
    WCSAXES: [2, ""],
    CTYPE1: ["HPLN-TAN", ""],
    CTYPE2: ["HPLT-TAN", ""],
    CUNIT1: ["arcsec", ""],
    CUNIT2: ["arcsec", ""],
    CRPIX1: [real(centre), "commanded centre of the disk"],
    CRPIX2: [real(centre), "commanded centre of the disk"],
    CRVAL1: [real(0), ""],
    CRVAL2: [real(0), ""],
    CDELT1: [real(arcsecPerPixel), ""],
    CDELT2: [real(arcsecPerPixel), ""],
  };
}

/** ISO 8601 as FITS has it: no zone. */
function isoTime(date: Date): string {
  return date.toISOString().slice(0, -1);
}
