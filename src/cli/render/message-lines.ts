import type { StoredMessage } from "../../services/bus.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";
import { oneLine } from "./text-width.ts";

/** The messages of a run in the order of publishing; null where the bus does not show them. */
export function messageLines(
  messages: readonly StoredMessage[] | null,
  page: { readonly width: number; readonly style: Style },
): readonly string[] {
  if (messages === null) return ["  This bus does not show its messages: look at the broker's queues."];
  if (messages.length === 0) return ["  none"];
  return table(
    [
      { title: "Routing key" },
      { title: "State" },
      { title: "Published" },
      { title: "Object", flexible: true },
      { title: "More", flexible: true },
    ],
    messages.map(({ routingKey, state, publishedAt, body }) => [
      routingKey,
      state,
      publishedAt.slice(11, 19),
      oneLine(objectOf(body)),
      oneLine(moreOf(body)),
    ]),
    page,
  );
}

type Body = StoredMessage["body"];

function objectOf({ bucket, objectName }: Body): string {
  return [bucket, objectName].filter((part) => typeof part === "string").join("/");
}

/** The rest of a body; its conversation is the recipe run, which stands above the table. */
function moreOf({ bucket, objectName, conversationId, ...rest }: Body): string {
  return Object.entries(rest)
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" ");
}
