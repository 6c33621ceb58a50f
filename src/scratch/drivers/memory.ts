import { attemptFenced } from "../attempt-fenced.ts";
import type { Entry, Fence, InventoryDriver } from "../inventory-driver.ts";
import { type SetExpression, selectMembers } from "../set-expression.ts";

/** An inventory in this process's memory: for tests and for runs within one process. No other process sees it. */
export function memoryInventory(): InventoryDriver {
  const sets = new Map<string, Set<string>>();
  const holding = new Map<string, Set<string>>();
  const counters = new Map<string, number>();
  const records = new Map<string, Map<string, string>>();

  const check = (fence: Fence | undefined): void => {
    const newest = fence === undefined ? 0 : (counters.get(fence.key) ?? 0);
    if (fence !== undefined && newest > fence.token)
      throw attemptFenced(`${fence.key} is ${newest}, not ${fence.token}`);
  };
  const put = (key: string, member: string): boolean => {
    const set = grouped(sets, key);
    if (set.has(member)) return false;
    set.add(member);
    grouped(holding, member).add(key);
    return true;
  };
  const take = (key: string, member: string): boolean => {
    if (sets.get(key)?.delete(member) !== true) return false;
    holding.get(member)?.delete(key);
    if (sets.get(key)?.size === 0) sets.delete(key);
    if (holding.get(member)?.size === 0) holding.delete(member);
    return true;
  };
  const empty: ReadonlySet<string> = new Set();
  const selected = (expression: SetExpression): Iterable<string> =>
    selectMembers(expression, (key) => sets.get(key) ?? empty);

  return {
    name: "memory",
    async add(entries, { fence } = {}) {
      check(fence);
      return entries.filter((entry) => put(...entry));
    },
    async remove(entries, { fence } = {}) {
      check(fence);
      return entries.filter((entry) => take(...entry));
    },
    async records(key, fields) {
      return fields.map((field) => records.get(key)?.get(field));
    },
    async fields(key) {
      return [...(records.get(key)?.keys() ?? [])];
    },
    async exchange(exchange, { fence } = {}) {
      check(fence);
      const holds = ([key, member]: Entry): boolean => sets.get(key)?.has(member) ?? false;
      const unexpected = exchange.entries.filter(({ entry, from }) => from !== undefined && from !== holds(entry));
      const isOther = exchange.records.some(({ key, field, from }) => records.get(key)?.get(field) !== from);
      if (isOther || unexpected.length > 0) return { isDone: false, unexpected: unexpected.map(({ entry }) => entry) };
      for (const { key, field, to } of exchange.records) {
        if (to !== undefined) records.set(key, (records.get(key) ?? new Map<string, string>()).set(field, to));
        else if (records.get(key)?.delete(field) === true && records.get(key)?.size === 0) records.delete(key);
      }
      const changed = exchange.entries.filter(
        ({ entry, to }) => to !== undefined && (to ? put(...entry) : take(...entry)),
      );
      return { isDone: true, changed: changed.map(({ entry }) => entry) };
    },
    async members(keys) {
      return keys.map((key) => [...(sets.get(key) ?? [])]);
    },
    async intersect(keys) {
      return [...selected({ op: "all", of: keys })];
    },
    async keys(prefix) {
      return [...sets.keys(), ...counters.keys(), ...records.keys()].filter((key) => key.startsWith(prefix));
    },
    async setOnce(key, value, { fence, log } = {}) {
      check(fence);
      if (sets.has(key)) return false;
      put(key, value);
      if (log !== undefined) put(log, `${key}\n${value}`);
      return true;
    },
    async increment(key, by = 1, { fence, log, expected } = {}) {
      check(fence);
      const now = counters.get(key) ?? 0;
      if (expected !== undefined && now !== expected) return now;
      const value = now + by;
      if (expected !== undefined && value === 0) counters.delete(key);
      else counters.set(key, value);
      if (log !== undefined && by >= 0) put(log, `${key}\n${value}`);
      if (log !== undefined) for (let n = now; n > value; n -= 1) take(log, `${key}\n${n}`);
      return value;
    },
    async drop(keys, { fence } = {}) {
      check(fence);
      for (const key of keys) {
        counters.delete(key);
        records.delete(key);
        for (const member of sets.get(key) ?? []) take(key, member);
      }
    },
    async select(expression) {
      return [...selected(expression)];
    },
    async count(expression) {
      if (typeof expression === "string") return sets.get(expression)?.size ?? 0;
      let count = 0;
      for (const _ of selected(expression)) count += 1;
      return count;
    },
    async sizes(keys) {
      return keys.map((key) => sets.get(key)?.size ?? 0);
    },
    async holders(prefix, members) {
      return members.map((member) => [...(holding.get(member) ?? [])].filter((key) => key.startsWith(prefix)));
    },
    async [Symbol.asyncDispose]() {},
  };
}

function grouped(groups: Map<string, Set<string>>, name: string): Set<string> {
  const there = groups.get(name);
  if (there !== undefined) return there;
  const fresh = new Set<string>();
  groups.set(name, fresh);
  return fresh;
}
