"""The access pattern of the Python stack on RabbitMQ: one durable message after the other, each waited for until it is confirmed."""
import json
import sys
import time

import pika

options = json.loads(sys.argv[1])
connection = pika.BlockingConnection(pika.URLParameters(options["url"]))
channel = connection.channel()
channel.confirm_delivery()
properties = pika.BasicProperties(content_type="text/plain", content_encoding="UTF-8", delivery_mode=2, priority=0)
begun = time.perf_counter()
for n in range(options["count"]):
    body = {"objectName": options["objectName"] % n, "bucket": "data", "conversationId": "1"}
    channel.basic_publish(
        exchange=options["exchange"],
        routing_key=options["routingKey"],
        body=json.dumps(body).encode("utf-8"),
        properties=properties,
        mandatory=True,
    )
elapsed = (time.perf_counter() - begun) * 1000
connection.close()
print(json.dumps({"elapsed": elapsed}))
