import { Secret } from "../../src/core/secret.ts";
import type { Bus } from "../../src/services/bus.ts";
import { type AmqpBusOptions, amqpBus } from "../../src/services/drivers/amqp/amqp-bus.ts";

export const noRetry = { delaySeconds: 0, backoff: 1, jitterSeconds: [0, 0], maxDelaySeconds: 0, tries: 1 } as const;

/** The options of a bus at an address such as `amqp://user:password@host:5672/vhost`. */
export function amqpOptionsAt(url: string) {
  const { hostname, port, username, password, pathname } = new URL(url);
  return {
    host: hostname,
    port: Number(port),
    username: decodeURIComponent(username),
    password: new Secret(decodeURIComponent(password)),
    vhost: decodeURIComponent(pathname.slice(1)) || "/",
  };
}

export function amqpBusAt(url: string, options: Partial<AmqpBusOptions> & { readonly exchange: string }): Bus {
  return amqpBus({ ...amqpOptionsAt(url), queueType: "classic", retry: noRetry, ...options });
}
