// Installs all servers that tests start, before suites that run beside each other would do so at once.
import { installServers, kinds, say } from "./kinds.ts";

const missing = await installServers(kinds);
for (const [title, reason] of Object.entries(missing)) say(`no ${title}: ${reason}`);
