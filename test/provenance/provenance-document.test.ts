import { describe, expect, test } from "vitest";
import type { AttemptRecord } from "../../src/provenance/attempt-record.ts";
import { provenanceDocument } from "../../src/provenance/provenance-document.ts";

const run = { recipeRunId: 7, workflowName: "l0_to_l1_eit", workflowVersion: "1.0.0", datasetId: "ABCDEF" };
const [a, b, c] = ["a", "b", "c"].map((letter) => letter.repeat(64)) as [string, string, string];

function attempt(task: string, minute: number, more: Partial<AttemptRecord> = {}): AttemptRecord {
  return {
    task,
    version: "1.0.0",
    reads: [],
    writes: [],
    parameters: {},
    libraries: { firstlight: "0.1.0" },
    startedAt: `2026-01-01T00:0${minute}:00.000Z`,
    endedAt: `2026-01-01T00:0${minute}:30.000Z`,
    ...more,
  };
}

const dark = attempt("Dark", 1, {
  reads: [{ path: "in/1.fits", sha256: a }],
  writes: [{ path: "dark.fits", sha256: b, sizeBytes: 2880, tags: ["TASK_DARK", "INTERMEDIATE"] }],
  parameters: { sigma: 3, box: [1, 2] },
});
const science = attempt("Science", 2, {
  reads: ["dark.fits", "in/2.fits"],
  writes: [{ path: "out/l1.fits", sha256: c, tags: ["OUTPUT"] }],
});

const file = (path: string, sha256?: string) =>
  `run:file/${path}${sha256 === undefined ? "" : `@${sha256.slice(0, 16)}`}`;

describe("the provenance document", () => {
  const document = provenanceDocument([dark, science], run);

  test("has the files as entities with digest, size and tags", () => {
    expect(document.entity).toEqual({
      [file("in/1.fits", a)]: { "prov:label": "in/1.fits", "firstlight:sha256": a },
      [file("in/2.fits")]: { "prov:label": "in/2.fits" },
      [file("dark.fits", b)]: {
        "prov:label": "dark.fits",
        "firstlight:sha256": b,
        "firstlight:sizeBytes": 2880,
        "firstlight:tags": ["INTERMEDIATE", "TASK_DARK"],
      },
      [file("out/l1.fits", c)]: { "prov:label": "out/l1.fits", "firstlight:sha256": c, "firstlight:tags": ["OUTPUT"] },
    });
  });

  test("has the attempts as activities with times, version and parameters", () => {
    expect(Object.keys(document.activity)).toEqual(["run:attempt/Dark/1", "run:attempt/Science/1"]);
    expect(document.activity["run:attempt/Dark/1"]).toEqual({
      "prov:startTime": dark.startedAt,
      "prov:endTime": dark.endedAt,
      "prov:label": "Dark",
      "firstlight:taskVersion": "1.0.0",
      "firstlight:attempt": 1,
      "firstlight:parameters": '{"box": [1, 2], "sigma": 3}',
    });
  });

  test("leads from a product back to the raw frame: a read sees the content that an earlier attempt wrote", () => {
    const derived = Object.values(document.wasDerivedFrom).map((each) => [
      each["prov:generatedEntity"],
      each["prov:usedEntity"],
    ]);
    expect(derived).toEqual([
      [file("dark.fits", b), file("in/1.fits", a)],
      [file("out/l1.fits", c), file("dark.fits", b)],
      [file("out/l1.fits", c), file("in/2.fits")],
    ]);
    expect(Object.values(document.used)).toContainEqual({
      "prov:activity": "run:attempt/Science/1",
      "prov:entity": file("dark.fits", b),
    });
    expect(Object.values(document.wasGeneratedBy)).toContainEqual({
      "prov:entity": file("out/l1.fits", c),
      "prov:activity": "run:attempt/Science/1",
      "prov:time": science.endedAt,
    });
  });

  test("names the software that carried the attempts out", () => {
    expect(Object.keys(document.agent)).toEqual(["firstlight:library/firstlight@0.1.0", "run:workflow"]);
    expect(document.agent["run:workflow"]).toMatchObject({
      "prov:label": "l0_to_l1_eit 1.0.0",
      "firstlight:recipeRunId": 7,
    });
    expect(Object.keys(document.wasAssociatedWith)).toHaveLength(4);
  });

  test("refers only to what it holds, under declared prefixes", () => {
    const ids = new Set([document.entity, document.activity, document.agent].flatMap((each) => Object.keys(each)));
    const relations = [document.used, document.wasGeneratedBy, document.wasDerivedFrom, document.wasAssociatedWith];
    for (const relation of relations.flatMap((each) => Object.values(each))) {
      for (const [role, id] of Object.entries(relation)) if (role !== "prov:time") expect(ids).toContain(id);
    }
    for (const id of ids) expect(Object.keys(document.prefix)).toContain(id.slice(0, id.indexOf(":")));
  });

  test("is equal byte for byte whatever the order of records, reads, libraries and parameters", () => {
    const turned: AttemptRecord = { ...science, reads: ["in/2.fits", "dark.fits"] };
    const renamed: AttemptRecord = { ...dark, parameters: { box: [1, 2], sigma: 3 } };
    expect(JSON.stringify(provenanceDocument([turned, renamed], run))).toBe(JSON.stringify(document));
  });
});

test("a path that is written again is another entity, and each reader saw its own", () => {
  const write = (sha256: string) => [{ path: "x.fits", sha256, tags: [] }];
  const document = provenanceDocument(
    [
      attempt("First", 1, { writes: write(a) }),
      attempt("Early", 2, { reads: ["x.fits"] }),
      attempt("Second", 3, { reads: ["x.fits"], writes: write(b) }),
      attempt("Late", 4, { reads: ["x.fits"] }),
    ],
    run,
  );
  const seen = Object.values(document.used).map((each) => [each["prov:activity"], each["prov:entity"]]);
  expect(seen).toEqual([
    ["run:attempt/Early/1", file("x.fits", a)],
    ["run:attempt/Late/1", file("x.fits", b)],
    ["run:attempt/Second/1", file("x.fits", a)],
  ]);
  expect(Object.values(document.wasDerivedFrom)).toEqual([
    {
      "prov:generatedEntity": file("x.fits", b),
      "prov:usedEntity": file("x.fits", a),
      "prov:activity": "run:attempt/Second/1",
    },
  ]);
});

test("a write that says what it was made of derives from that alone", () => {
  const writes = [{ path: "o.fits", sha256: c, tags: [], derivedFrom: ["b.fits"] }];
  const document = provenanceDocument([attempt("T", 1, { reads: ["a.fits", "b.fits"], writes })], run);
  expect(Object.values(document.wasDerivedFrom).map((each) => each["prov:usedEntity"])).toEqual([file("b.fits")]);
});

test("beyond the limit of pairs derivations are left out, but use and generation stay", () => {
  const reads = ["a.fits", "b.fits"];
  const writes = [a, b].map((sha256, index) => ({ path: `${index}.fits`, sha256, tags: [] }));
  const record = attempt("T", 1, { reads, writes });
  expect(Object.keys(provenanceDocument([record], run, { derivationLimit: 4 }).wasDerivedFrom)).toHaveLength(4);
  const document = provenanceDocument([record], run, { derivationLimit: 3 });
  expect(document.wasDerivedFrom).toEqual({});
  expect(Object.keys(document.used)).toHaveLength(2);
  expect(Object.keys(document.wasGeneratedBy)).toHaveLength(2);
});

test("blanks and brackets in a path are encoded in its id and kept in its label", () => {
  const document = provenanceDocument([attempt("T", 1, { reads: ["a b/(1).fits"] })], run);
  expect(document.entity).toEqual({ "run:file/a%20b/%281%29.fits": { "prov:label": "a b/(1).fits" } });
});
