import type { NdArray } from "../core/ndarray.ts";
import { isReal, plain, pythonStr, type Scalar } from "../core/scalar.ts";
import type { Frame } from "../fits/frame.ts";
import type { Header } from "../fits/header.ts";
import { formatQuery, type TagQuery } from "../scratch/scratch.ts";
import type { TmpRun } from "./tmp-run.ts";

/** One value for all pixels, what each pixel of an image has, or all of them in the order of the array. */
export type ExpectedPixels = number | ((row: number, column: number) => number) | ArrayLike<number | bigint> | NdArray;

export interface ExpectedFrame {
  /** Of the image. */
  readonly shape?: readonly number[];
  readonly pixels?: ExpectedPixels;
  /** The greatest difference of a pixel that is no difference. Default 0; NaN is like NaN. */
  readonly tolerance?: number;
  /** Cards that the header has; a whole real is `real(10)`, and `undefined` a card that is not there. */
  readonly cards?: Readonly<Record<string, Scalar | undefined>>;
}

/**
 * What `expect.extend(matchers)` adds to a test runner's `expect`. A test's types learn of it where the runner's interface of
 * matchers is declared to extend this one.
 */
export interface FirstlightMatchers<Result = void> {
  /** The tags of a file are among these, or more: `expect(await run.tags(path)).toHaveTags([Tag.frame()])`. */
  toHaveTags(tags: readonly string[]): Result;
  /** A run has files that the query finds, as many as are said: `await expect(run).toHaveFiles([Tag.output()], 3)`. */
  toHaveFiles(query: TagQuery, count?: number): Promise<Result>;
  /** A frame, with header and image, that is as expected. */
  toBeFrame(expected?: ExpectedFrame): Result;
  /** An image, or that of a frame, has these pixels, each within the tolerance. */
  toHavePixels(pixels: ExpectedPixels, tolerance?: number): Result;
}

export interface MatcherResult {
  readonly pass: boolean;
  message(): string;
}

/** Each takes what it looks at, then what is expected of it; of any runner's `expect.extend`. */
export const matchers = {
  toHaveTags(received: unknown, tags: readonly string[]): MatcherResult {
    if (!isListOfTexts(received))
      return failed(`expected the tags of a file, a list of texts, and got ${String(received)}`);
    const missing = tags.filter((tag) => !received.includes(tag));
    return missing.length === 0
      ? passed(`the tags ${received.join(", ")} have ${tags.join(", ")}`)
      : failed(
          `expected the tags ${tags.join(", ")}; missing ${missing.join(", ")}, there are ${received.join(", ") || "none"}`,
        );
  },

  async toHaveFiles(run: TmpRun, query: TagQuery, count?: number): Promise<MatcherResult> {
    const found = await run.count(query);
    const asked = `${count ?? "some"} ${count === 1 ? "file" : "files"} with ${formatQuery(query)}`;
    if (count === undefined ? found > 0 : found === count) return passed(`the run has ${asked}`);
    const why = found === 0 ? ` ${(await run.nearest(query)).explanation}` : "";
    return failed(`expected ${asked}, and found ${found}.${why}`);
  },

  toBeFrame(received: unknown, expected: ExpectedFrame = {}): MatcherResult {
    if (!isFrame(received)) return failed("expected a frame, with a header and an image whose data fill its shape");
    const { shape, pixels, tolerance, cards = {} } = expected;
    const problems = Object.entries(cards).flatMap(([keyword, value]) => cardProblem(received.header, keyword, value));
    if (shape !== undefined && String(shape) !== String(received.image.shape)) {
      problems.push(`the shape is [${received.image.shape.join(", ")}], not [${shape.join(", ")}]`);
    } else if (pixels !== undefined) {
      problems.push(...pixelProblems(received.image, pixels, tolerance));
    }
    return problems.length === 0
      ? passed("it is such a frame")
      : failed(`expected another frame: ${problems.join("; ")}`);
  },

  toHavePixels(received: unknown, pixels: ExpectedPixels, tolerance?: number): MatcherResult {
    const image = isFrame(received) ? received.image : received;
    if (!isImage(image)) return failed("expected an image or a frame, with data that fill its shape");
    const problems = pixelProblems(image, pixels, tolerance);
    return problems.length === 0
      ? passed("it has these pixels")
      : failed(`expected other pixels: ${problems.join("; ")}`);
  },
} as const;

function passed(what: string): MatcherResult {
  return { pass: true, message: () => `expected otherwise, but ${what}` };
}

function failed(message: string): MatcherResult {
  return { pass: false, message: () => message };
}

function cardProblem(header: Header, keyword: string, expected: Scalar | undefined): readonly string[] {
  const held = header.get(keyword);
  if (isSame(held, expected)) return [];
  const said = (value: Scalar | undefined) => (value === undefined ? "not there" : pythonStr(value));
  return [`${keyword} is ${said(held)}, not ${said(expected)}`];
}

/** A number that is no `Real` is like a real of its value: a test says `10.5` without ado. */
function isSame(held: Scalar | undefined, expected: Scalar | undefined): boolean {
  if (held === undefined || expected === undefined) return held === expected;
  if (isReal(expected) && typeof held === "number" && Number.isInteger(held)) return false;
  return Object.is(plain(held), plain(expected));
}

function pixelProblems(image: NdArray, expected: ExpectedPixels, tolerance = 0): readonly string[] {
  const { data, shape } = image;
  const columns = shape.at(-1) ?? 0;
  const wanted = isImage(expected) ? expected.data : expected;
  if (isImage(expected) && String(expected.shape) !== String(shape)) {
    return [`the shape is [${shape.join(", ")}], not [${expected.shape.join(", ")}]`];
  }
  if (typeof wanted === "object" && wanted.length !== data.length) {
    return [`there are ${data.length} pixels, not ${wanted.length}`];
  }
  const wantedAt = (i: number): number => {
    if (typeof wanted === "number") return wanted;
    return typeof wanted === "function" ? wanted(Math.floor(i / columns), i % columns) : Number(wanted[i]);
  };
  let count = 0;
  let worst = { index: 0, by: -1 };
  for (let i = 0; i < data.length; i += 1) {
    const by = distance(Number(data[i]), wantedAt(i));
    if (by <= tolerance) continue;
    count += 1;
    if (by > worst.by) worst = { index: i, by };
  }
  if (count === 0) return [];
  const place = placeOf(worst.index, shape).join(", ");
  return [
    `${count} of ${data.length} pixels differ by more than ${tolerance}, most of all [${place}]: ${String(data[worst.index])}, not ${wantedAt(worst.index)}`,
  ];
}

function distance(a: number, b: number): number {
  if (Object.is(a, b) || a === b) return 0;
  return Number.isNaN(a) || Number.isNaN(b) ? Number.POSITIVE_INFINITY : Math.abs(a - b);
}

function placeOf(index: number, shape: readonly number[]): readonly number[] {
  let rest = index;
  return shape
    .toReversed()
    .map((length) => {
      const place = rest % length;
      rest = Math.floor(rest / length);
      return place;
    })
    .reverse();
}

function isFrame(value: unknown): value is Frame {
  if (!isObject(value)) return false;
  // Not by its class, of which there may be a second copy in the process.
  const { header, image } = value as Partial<Frame>;
  return isObject(header) && "cards" in header && typeof header.get === "function" && isImage(image);
}

function isImage(value: unknown): value is NdArray {
  if (!isObject(value)) return false;
  const { data, shape } = value as Partial<NdArray>;
  return ArrayBuffer.isView(data) && Array.isArray(shape) && data.length === shape.reduce((all, axis) => all * axis, 1);
}

function isListOfTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
