import { connect as connectPlainly, isIP } from "node:net";
import { connect as connectSecurely } from "node:tls";
import { codeOf, messageOf } from "../core/errors.ts";
import type { OtlpTarget } from "./otlp-target.ts";

/** What came of a greeting: somebody answered, in whatever words, or why nobody can. */
export type CollectorAnswer = { readonly answers: true } | { readonly answers: false; readonly reason: string };

/** Nobody is there, or no way leads there. Everything else that goes wrong, as a certificate, was told by somebody. */
const nobody = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT"]);

/** The connection preface of HTTP/2 with empty settings (RFC 9113 §3.4); every server answers with its own. */
const http2Preface = Buffer.concat([
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
]);

/**
 * Asks whether anybody answers at the address of a collector, which the exporters do not tell for seconds, as they try again. Settles
 * once that is known; until the signal fires, for one that takes everything and says nothing. Keeps no process alive.
 */
export function greetCollector({ url, protocol }: OtlpTarget, signal: AbortSignal): Promise<CollectorAnswer> {
  const { hostname, host, port, protocol: scheme } = new URL(url);
  const { promise, resolve } = Promise.withResolvers<CollectorAnswer>();
  if (isBehindProxy(protocol)) return Promise.resolve({ answers: true });
  const address = { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) || (scheme === "https:" ? 443 : 80) };
  const isSecure = scheme === "https:";
  const socket = isSecure
    ? connectSecurely({ ...address, ...(isIP(address.host) === 0 ? { servername: address.host } : {}) })
    : connectPlainly(address);
  const end = (answer: CollectorAnswer): void => {
    resolve(answer);
    socket.destroy();
  };
  const onAbort = (): void => end({ answers: false, reason: "it says nothing" });
  socket.unref();
  socket.on("error", (error) => {
    const isNobody = nobody.has(String(codeOf(error)));
    end(isNobody ? { answers: false, reason: messageOf(error) } : { answers: true });
  });
  socket.on("close", () => {
    signal.removeEventListener("abort", onAbort);
    resolve({ answers: true });
  });
  socket.once("data", () => end({ answers: true }));
  // Who speaks TLS is there.
  if (isSecure) socket.once("secureConnect", () => end({ answers: true }));
  else
    socket.write(
      protocol === "grpc" ? http2Preface : `OPTIONS * HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    );
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  return promise;
}

/** The exporters may go by a proxy, where an address of its own tells nothing. */
function isBehindProxy(protocol: OtlpTarget["protocol"]): boolean {
  const names = protocol === "grpc" ? ["grpc_proxy", "https_proxy", "http_proxy"] : ["NODE_USE_ENV_PROXY"];
  return names.some((name) => Boolean(process.env[name]));
}
