"""Prints, as JSON, what astropy makes of the coordinates of FITS files: python eit-wcs.py FILE..."""

import json
import sys

from astropy.io import fits
from astropy.time import Time
from astropy.wcs import WCS

answers = []
for path in sys.argv[1:]:
    with fits.open(path, checksum=True) as hdus:
        header = hdus[0].header
        wcs = WCS(header)
        x, y = header["CRPIX1"], header["CRPIX2"]
        points = [(x, y), (x + 1, y), (x, y + 1)]
        answers.append(
            {
                "units": [str(unit) for unit in wcs.wcs.cunit],
                "world": [[float(v) for v in wcs.wcs_pix2world([point], 1)[0]] for point in points],
                "exposureS": (Time(header["DATE-END"]) - Time(header["DATE-BEG"])).sec,
                "type": str(hdus[0].data.dtype.newbyteorder("=")),
                "blank": int((hdus[0].data != hdus[0].data).sum()),
            }
        )
print(json.dumps(answers))
