export type SplineOrder = 2 | 3 | 4 | 5;

/** Roots of the B-splines' sampled polynomials within the unit circle. */
const poles: Readonly<Record<SplineOrder, readonly number[]>> = {
  2: [Math.sqrt(8) - 3],
  3: [Math.sqrt(3) - 2],
  4: [
    Math.sqrt(664 - Math.sqrt(438_976)) + Math.sqrt(304) - 19,
    Math.sqrt(664 + Math.sqrt(438_976)) - Math.sqrt(304) - 19,
  ],
  5: [
    Math.sqrt(67.5 - Math.sqrt(4436.25)) + Math.sqrt(26.25) - 6.5,
    Math.sqrt(67.5 + Math.sqrt(4436.25)) - Math.sqrt(26.25) - 6.5,
  ],
};

/**
 * Replaces an image (row by row) by the coefficients of the B-spline of that order which goes through its pixels, mirrored at the
 * centres of its outer pixels: the recursive filters of M. Unser, A. Aldroubi, M. Eden, IEEE Trans. Signal Process. 41 (1993) 821.
 */
export function splineCoefficients(image: Float64Array, rows: number, columns: number, order: SplineOrder): void {
  const line = new Float64Array(Math.max(rows, columns));
  for (let row = 0; row < rows; row++) filter(image.subarray(row * columns, (row + 1) * columns), order);
  const column = line.subarray(0, rows);
  for (let x = 0; x < columns; x++) {
    for (let y = 0; y < rows; y++) column[y] = image[y * columns + x] as number;
    filter(column, order);
    for (let y = 0; y < rows; y++) image[y * columns + x] = column[y] as number;
  }
}

/** What one pixel of 1 among zeros becomes, from its own place outwards until nothing is left that counts. */
export function splineResponse(order: SplineOrder): Float64Array {
  const half = 64;
  const line = new Float64Array(2 * half + 1);
  line[half] = 1;
  filter(line, order);
  let reach = half;
  while (Math.abs(line[half + reach] as number) < 1e-7) reach -= 1;
  return line.slice(half, half + reach + 1);
}

function filter(line: Float64Array, order: SplineOrder): void {
  const n = line.length;
  if (n < 2) return;
  for (const z of poles[order]) {
    const gain = (1 - z) * (1 - 1 / z);
    for (let i = 0; i < n; i++) line[i] = (line[i] as number) * gain;
    line[0] = causalStart(line, z);
    for (let i = 1; i < n; i++) line[i] = (line[i] as number) + z * (line[i - 1] as number);
    line[n - 1] = (z / (z * z - 1)) * ((line[n - 1] as number) + z * (line[n - 2] as number));
    for (let i = n - 2; i >= 0; i--) line[i] = z * ((line[i + 1] as number) - (line[i] as number));
  }
}

/** Σ zᵏ·line(k) over the mirrored line, which repeats itself after 2n - 2 elements. */
function causalStart(line: Float64Array, z: number): number {
  const n = line.length;
  const last = z ** (n - 1);
  let sum = (line[0] as number) + last * (line[n - 1] as number);
  let [up, down] = [z, (last * last) / z];
  for (let i = 1; i < n - 1; i++) {
    sum += (up + down) * (line[i] as number);
    up *= z;
    down /= z;
  }
  return sum / (1 - last * last);
}
