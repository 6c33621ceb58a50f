export interface EitHeaderFacts {
  readonly side: number;
  readonly name: string;
  /** What the clock on board said, without `Z`. */
  readonly observed: string;
  /** What it should have said, with `Z`. */
  readonly begin: string;
  readonly commandedS: number;
  readonly shutterS: number;
  readonly wavelength: number;
  readonly rollDeg: number;
  readonly cameraError: boolean;
  readonly missingBlocks: number;
}

/**
 * The lines of a header with the habits of EIT's archive: blank cards between groups, a comment that goes on beside a blank
 * keyword, strings padded inside their quotes, bare slashes, facts in COMMENT cards, a scale that belongs to the camera's
 * own pixels and a HISTORY that says why.
 */
export function eitHeader(facts: EitHeaderFacts): readonly string[] {
  const { side, name, observed, begin, commandedS, shutterS } = facts;
  const centre = ((side + 1) / 2).toFixed(side === 1024 ? 2 : 1);
  const fact = (text: string) => `COMMENT   ${text}`;
  return [
    number("SIMPLE", "T", "conforms to FITS standard"),
    number("BITPIX", "-64", "array data type"),
    number("NAXIS", "2", "number of array dimensions"),
    number("NAXIS1", String(side)),
    number("NAXIS2", String(side)),
    "",
    string("DATE", observed.slice(0, 10), "Date of file creation"),
    string("TIME-OBS", observed.slice(11, 19), ""),
    string("DATE-OBS", observed, "UTC at spacecraft"),
    "",
    string("ORIGIN", "Rocket Science", "Rocket Science = NASA GSFC"),
    string("DATASRC", "Made for a test   ", ""),
    string("TELESCOP", "SOHO"),
    string("INSTRUME", "EIT", ""),
    string("OBJECT", "full FOV", ""),
    "",
    string("BUNIT", "counts / pixel    ", ""),
    "",
    number("WAVELNTH", String(facts.wavelength), "171 = Fe IX/X, 195 = Fe XII,"),
    `${" ".repeat(31)}/ 284 = Fe XV, 304 = He II`,
    string("FILTER", "Al +1             ", ""),
    "",
    string("DATE_OBS", `${observed}Z`, ""),
    string("SCI_OBJ", "TEST WATCH        ", ""),
    number("CMP_NO", "1", "Unique campaign instance (1 = synoptic)"),
    number("EXPTIME", (commandedS + shutterS).toFixed(3), "s (total commanded + shutter close)"),
    string("EXPMODE", "backside          ", ""),
    string("FILENAME", name, ""),
    "",
    number("CFTEMP", "-66.71", "CCD cold finger temperature (C)"),
    number("CCDTEMP", "7.34", "CCD temperature (DN/100)"),
    "",
    string("CTYPE1", "Solar-X ", ""),
    string("CTYPE2", "Solar-Y ", ""),
    number("CRPIX1", centre, "Sun center x, EIT pixels"),
    number("CRPIX2", centre, "Sun center y, EIT pixels"),
    number("CRVAL1", "0.00", ""),
    number("CRVAL2", "0.00", ""),
    number("CDELT1", "2.63", "Pixel scale x (arc sec, fixed)"),
    number("CDELT2", "2.63", "Pixel scale y (arc sec, fixed)"),
    number("SOLAR_R", "372.27", "Solar photospheric radius, EIT pixels"),
    number("SOLAR_B0", "-7.22", "Degrees"),
    "",
    number("SC_X0", "0.00", "s/c yaw (arc sec)"),
    number("SC_Y0", "0.00", "s/c pitch (arc sec; -109.14 after 1996/04/16)"),
    number("SC_ROLL", facts.rollDeg.toFixed(2), "s/c roll (deg., Solar north + CCW from nominal)"),
    number("HEC_X", "-139130208.00", "s/c heliocentric ecliptic x (km)"),
    number("CAR_ROT", "2013.00", "Carrington rotation at earth"),
    "",
    fact(`CORRECTED DATE_OBS = '${begin}'`),
    fact(`COMMANDED EXPOSURE TIME = ${commandedS.toFixed(3).padStart(8)} s`),
    fact(`SHUTTER CLOSE TIME = ${shutterS.toFixed(3).padStart(8)} s`),
    fact("LINE_SYNC = 'no'"),
    fact(`CAMERA_ERR = '${facts.cameraError ? "yes" : "no"}'`),
    fact("IMAGE_OF_SEQ =                    0"),
    fact("READOUT PORT = 'B'"),
    fact("LEB_PROC = 26 (no ROI)"),
    fact("BLOCKS_HORZ =   32"),
    fact("BLOCKS_VERT =   32"),
    fact("P1_X =           1"),
    fact("P2_X =        1024"),
    fact("P1_Y =          20"),
    fact("P2_Y =        1043"),
    fact(`N_MISSING_BLOCKS = ${String(facts.missingBlocks).padStart(4)}`),
    "",
    "",
    "HISTORY   Version 4.0, 2001 December 10",
    ...(side === 1024 ? [] : [`HISTORY Image linear resampled to (${side},${side}) for a test`]),
  ];
}

function number(keyword: string, value: string, comment?: string): string {
  return card(keyword, value.padStart(20), comment);
}

function string(keyword: string, value: string, comment?: string): string {
  return card(keyword, `'${value}'`.padEnd(20), comment);
}

function card(keyword: string, value: string, comment: string | undefined): string {
  return `${keyword.padEnd(8)}= ${value}${comment === undefined ? "" : ` / ${comment}`}`.trimEnd();
}
