import { uuidFrom } from "../core/ids.ts";
import { formatPythonJson } from "../core/python-json.ts";

/** The id of a message that follows from where it goes and what it says, in whatever order and spelling its fields come, nested ones too. */
export function messageIdOf(routingKey: string, body: Readonly<Record<string, unknown>>): string {
  return uuidFrom(`${routingKey}\n${formatPythonJson(body, { sortKeys: true })}`);
}
