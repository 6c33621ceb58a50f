import { uuidFrom } from "../core/ids.ts";
import { formatPythonJson } from "../core/python-json.ts";

/** The id of a message that follows from where it goes and what it says, in whatever order and spelling its fields come. */
export function messageIdOf(routingKey: string, body: Readonly<Record<string, unknown>>): string {
  const sorted = Object.fromEntries(Object.entries(body).sort(([a], [b]) => (a < b ? -1 : 1)));
  return uuidFrom(`${routingKey}\n${formatPythonJson(sorted)}`);
}
