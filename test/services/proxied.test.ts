import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const program = join(import.meta.dirname, "../fixtures/processes/ask-servers.ts");

test("servers are asked through the proxy that Node is told of", async () => {
  const hosts = new Set<string | undefined>();
  const proxy = createServer((request, response) => {
    hosts.add(request.headers.host);
    response.writeHead(500).end();
  });
  proxy.on("connect", (request, socket) => {
    hosts.add(request.url);
    socket.end("HTTP/1.1 502 nobody there\r\n\r\n");
  });
  await once(proxy.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  try {
    const env = { ...process.env, NODE_USE_ENV_PROXY: "1", HTTP_PROXY: url, NO_PROXY: "" };
    await promisify(execFile)(process.execPath, ["--no-warnings", "--conditions=firstlight-source", program], { env });
  } finally {
    proxy.closeAllConnections();
    proxy.close();
  }
  expect([...hosts].toSorted()).toEqual(["gateway.invalid:80", "store.invalid:9000"]);
});
