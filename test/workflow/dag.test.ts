import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { downstreamsOf, sortTopologically, walkDag, widthOf } from "../../src/workflow/dag.ts";

const graph = (edges: Record<string, readonly string[]>) => new Map(Object.entries(edges));

describe("sorting", () => {
  test("keeps the order in which nodes were given where it is a right one", () => {
    expect(sortTopologically(graph({ b: [], a: [], c: ["a", "b"] }))).toEqual({ order: ["b", "a", "c"] });
  });

  test("puts upstreams that were given later first", () => {
    expect(sortTopologically(graph({ c: ["b"], b: ["a"], a: [] }))).toEqual({ order: ["a", "b", "c"] });
  });

  test("names a cycle as a path in which each node must run before the next", () => {
    expect(sortTopologically(graph({ start: [], a: ["start", "c"], b: ["a"], c: ["b"] }))).toEqual({
      cycle: ["a", "b", "c", "a"],
    });
  });

  test("names a node that waits for itself", () => {
    expect(sortTopologically(graph({ a: ["a"] }))).toEqual({ cycle: ["a", "a"] });
  });

  test("a chain of 100,000 nodes does not end the stack", () => {
    const chain = new Map(Array.from({ length: 100_000 }, (_, n) => [n, n === 99_999 ? [] : [n + 1]]));
    const sorted = sortTopologically(chain);
    expect("order" in sorted && sorted.order[0]).toBe(99_999);
  });

  test("every node of any acyclic graph comes once, after its upstreams", () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat({ max: 30 }), { maxLength: 4 }), { maxLength: 30 }), (drawn) => {
        const edges = new Map(drawn.map((upstreams, n) => [n, upstreams.filter((up) => up < n)]));
        const sorted = sortTopologically(edges);
        if (!("order" in sorted)) throw new Error("found a cycle");
        expect(sorted.order.toSorted((a, b) => a - b)).toEqual([...edges.keys()]);
        for (const [key, upstreams] of edges) {
          for (const up of upstreams) expect(sorted.order.indexOf(up)).toBeLessThan(sorted.order.indexOf(key));
        }
      }),
    );
  });
});

test("downstreams are listed once even where an upstream is named twice", () => {
  expect(downstreamsOf(graph({ a: [], b: ["a", "a"] })).get("a")).toEqual(["b"]);
});

test("the width of a chain is 1 and of a fan its arms", () => {
  expect(widthOf(graph({ a: [], b: ["a"], c: ["b"] }), ["a", "b", "c"])).toBe(1);
  expect(widthOf(graph({ a: [], b: ["a"], c: ["a"], d: ["b", "c"] }), ["a", "b", "c", "d"])).toBe(2);
});

describe("walking", () => {
  const diamond = graph({ a: [], b: ["a"], c: ["a"], d: ["b", "c"], e: [] });
  const drain = (walk: { next(): string | undefined }) => {
    const keys: string[] = [];
    for (let key = walk.next(); key !== undefined; key = walk.next()) keys.push(key);
    return keys;
  };

  test("a node becomes ready when its last upstream is finished", () => {
    const walk = walkDag(diamond);
    expect(drain(walk)).toEqual(["a", "e"]);
    walk.finish("a");
    expect(drain(walk)).toEqual(["b", "c"]);
    walk.finish("c");
    expect(drain(walk)).toEqual([]);
    walk.finish("b");
    expect(drain(walk)).toEqual(["d"]);
  });

  test("finishing one upstream twice does not free a node that waits for another", () => {
    const walk = walkDag(diamond);
    drain(walk);
    walk.finish("a");
    drain(walk);
    walk.finish("b");
    walk.finish("b");
    expect(drain(walk)).toEqual([]);
  });

  test("a failure blocks its descendants for ever and nothing else", () => {
    const walk = walkDag(diamond);
    drain(walk);
    walk.finish("a");
    expect(drain(walk)).toEqual(["b", "c"]);
    expect(walk.fail("b")).toEqual(["d"]);
    walk.finish("c");
    expect(drain(walk)).toEqual([]);
    expect(walk.blockedBy("d")).toEqual(["b"]);
    expect(walk.blockedBy("c")).toEqual([]);
  });

  test("a node that two failures block is reported once and names both", () => {
    const walk = walkDag(diamond);
    drain(walk);
    walk.finish("a");
    drain(walk);
    expect(walk.fail("b")).toEqual(["d"]);
    expect(walk.fail("c")).toEqual([]);
    expect(walk.blockedBy("d")).toEqual(["b", "c"]);
  });
});
