import type { SQLInputValue } from "node:sqlite";
import { fewestFirst, type SetExpression } from "../set-expression.ts";

/** Where a set is: the id of its key, 0 for one that is not there, and how many members it has. */
export interface Place {
  readonly id: number;
  readonly size: number;
}

export type PlaceOf = (key: string) => Place;

/** A piece of SQL with what its marks stand for. */
export interface Sql {
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
}

/** Conditions in SQLite nest at most 1000 deep, and each part may bring as many as are looked up one by one. */
const mostParts = 30;
const mostLookedUp = 30;

/** Whether SQLite can be asked. What has too many parts within parts has to be compared here. */
export function isSelectable(expression: SetExpression): boolean {
  return countParts(expression) <= mostParts;
}

/** A SELECT of the ids of members, each once, in the column `m`. */
export function sqliteSelect(expression: SetExpression, placeOf: PlaceOf): Sql {
  if (typeof expression === "string") {
    return { sql: "SELECT member_id AS m FROM entries WHERE key_id = ?", values: [placeOf(expression).id] };
  }
  const { op, of } = expression;
  if (op === "except") {
    const from = sqliteSelect(expression.from, placeOf);
    const excluded = holds({ op: "any", of }, placeOf);
    return {
      sql: `SELECT s.m AS m FROM (${from.sql}) AS s WHERE NOT ${excluded.sql}`,
      values: [...from.values, ...excluded.values],
    };
  }
  if (op === "all") {
    const [first, ...others] = fewestFirst(of, (key) => placeOf(key).size);
    if (first === undefined) return nothing;
    const from = sqliteSelect(first, placeOf);
    if (others.length === 0) return from;
    const shared = holds({ op: "all", of: others }, placeOf);
    return {
      sql: `SELECT s.m AS m FROM (${from.sql}) AS s WHERE ${shared.sql}`,
      values: [...from.values, ...shared.values],
    };
  }
  const { keys, parts } = split(of);
  const selects = parts.map((part) => sqliteSelect(part, placeOf));
  if (keys.length > 0) {
    const ids = idsOf(keys, placeOf);
    selects.push({ sql: `SELECT DISTINCT member_id AS m FROM entries WHERE key_id IN ${list}`, values: [ids] });
  }
  if (selects.length === 0) return nothing;
  return { sql: selects.map(({ sql }) => sql).join(" UNION "), values: selects.flatMap(({ values }) => values) };
}

const nothing: Sql = { sql: "SELECT member_id AS m FROM entries WHERE key_id = 0", values: [] };
const list = "(SELECT value FROM json_each(?))";

/** A condition: whether the member `s.m` is in. */
function holds(expression: Exclude<SetExpression, string>, placeOf: PlaceOf): Sql {
  const { op, of } = expression;
  if (op === "except") {
    return joined(
      [holds({ op: "all", of: [expression.from] }, placeOf), negated(holds({ op: "any", of }, placeOf))],
      "AND",
    );
  }
  const { keys, parts } = split(of);
  const conditions = parts.map((part) => holds(part, placeOf));
  if (keys.length > 0) {
    // The plus keeps SQLite from looking up every key of the list: a member is in few sets.
    const held = `FROM entries WHERE member_id = s.m AND +key_id IN ${list}`;
    const sql = op === "any" ? `EXISTS (SELECT 1 ${held})` : `(SELECT count(*) ${held}) = ${keys.length}`;
    // A condition on few keys looks for each in the index by key, which is what ends soonest.
    if (op === "any" || keys.length > mostLookedUp) conditions.unshift({ sql, values: [idsOf(keys, placeOf)] });
    else conditions.unshift(...keys.map((key) => ({ sql: isHeld, values: [placeOf(key).id] })));
  }
  return conditions.length === 0 ? { sql: "0", values: [] } : joined(conditions, op === "any" ? "OR" : "AND");
}

const isHeld = "EXISTS (SELECT 1 FROM entries WHERE key_id = ? AND member_id = s.m)";

function joined(conditions: readonly Sql[], by: "AND" | "OR"): Sql {
  return {
    sql: `(${conditions.map(({ sql }) => sql).join(` ${by} `)})`,
    values: conditions.flatMap(({ values }) => values),
  };
}

function negated({ sql, values }: Sql): Sql {
  return { sql: `NOT ${sql}`, values };
}

function split(of: readonly SetExpression[]): {
  readonly keys: readonly string[];
  readonly parts: readonly Exclude<SetExpression, string>[];
} {
  const keys = new Set<string>();
  const parts: Exclude<SetExpression, string>[] = [];
  for (const part of of) {
    if (typeof part === "string") keys.add(part);
    else parts.push(part);
  }
  return { keys: [...keys], parts };
}

function idsOf(keys: readonly string[], placeOf: PlaceOf): string {
  return JSON.stringify(keys.map((key) => placeOf(key).id));
}

function countParts(expression: SetExpression): number {
  if (typeof expression === "string") return 0;
  const parts = expression.op === "except" ? [expression.from, ...expression.of] : expression.of;
  return parts.reduce((sum, part) => sum + countParts(part), 1);
}
