"""
A durable producer and consumer on the interservice bus as the Python stack has them: a durable direct exchange, durable
queues of a type, persistent messages of JSON. Written from the description of that bus alone.

    bus.py AMQP_URL EXCHANGE QUEUE_TYPE publish                           messages come as JSON on standard input
    bus.py AMQP_URL EXCHANGE QUEUE_TYPE consume QUEUE ROUTING_KEY COUNT   takes that many, and prints them
    bus.py AMQP_URL EXCHANGE QUEUE_TYPE peek QUEUE ROUTING_KEY COUNT      prints them, and gives them back by going away
    bus.py AMQP_URL EXCHANGE QUEUE_TYPE delete QUEUE ...                  removes queues, then the exchange

Prints one JSON document.
"""

import base64
import json
import sys

import pika


def declare(channel, exchange, queue_type, queue, routing_key):
    channel.exchange_declare(exchange=exchange, exchange_type="direct", durable=True)
    channel.queue_declare(queue=queue, durable=True, arguments={"x-queue-type": queue_type})
    channel.queue_bind(queue=queue, exchange=exchange, routing_key=routing_key)


def publish(channel, exchange, queue_type, messages):
    channel.confirm_delivery()
    for message in messages:
        declare(channel, exchange, queue_type, message["queue"], message["routingKey"])
        compact = {"ensure_ascii": False, "separators": (",", ":")} if message.get("compact") else {}
        channel.basic_publish(
            exchange=exchange,
            routing_key=message["routingKey"],
            body=json.dumps(message["body"], **compact).encode("utf-8"),
            properties=pika.BasicProperties(
                content_type="text/plain",
                content_encoding="UTF-8",
                delivery_mode=2,
                priority=0,
                headers=message.get("headers"),
            ),
            mandatory=True,
        )


def get(channel, queue):
    """Quorum queues answer a get with nothing while they elect their leader: a consumer waits, as long as it takes."""
    for method, properties, body in channel.consume(queue, inactivity_timeout=30):
        if method is None:
            raise SystemExit(f"no message in {queue} for 30 s")
        return method, properties, body


def consume(channel, queue, count, acknowledge):
    taken = []
    for _ in range(count):
        method, properties, body = get(channel, queue)
        text = body.decode(properties.content_encoding)
        taken.append(
            {
                "body": base64.b64encode(body).decode(),
                "value": json.loads(text),
                "dumped": json.dumps(json.loads(text)),
                "exchange": method.exchange,
                "routingKey": method.routing_key,
                "redelivered": method.redelivered,
                "properties": {name: value for name, value in vars(properties).items() if value is not None},
            }
        )
        if acknowledge:
            channel.basic_ack(method.delivery_tag)
    return taken


def main():
    url, exchange, queue_type, verb, *arguments = sys.argv[1:]
    connection = pika.BlockingConnection(pika.URLParameters(url))
    channel = connection.channel()
    try:
        if verb == "publish":
            return publish(channel, exchange, queue_type, json.load(sys.stdin))
        if verb in ("consume", "peek"):
            queue, routing_key, count = arguments
            declare(channel, exchange, queue_type, queue, routing_key)
            return consume(channel, queue, int(count), verb == "consume")
        if verb == "delete":
            for queue in arguments:
                channel.queue_delete(queue)
            return channel.exchange_delete(exchange) and None
        raise SystemExit(f"no verb {verb}")
    finally:
        connection.close()


print(json.dumps(main()))
