"""The access pattern of the Python stack on RabbitMQ: one durable message after the other, each waited for until it is confirmed."""
import json
import sys
import time
import uuid

import pika

options = json.loads(sys.argv[1])
connection = pika.BlockingConnection(pika.URLParameters(options["url"]))
channel = connection.channel()
channel.confirm_delivery()
ids = [str(uuid.uuid4()) for _ in range(options["count"])]
begun = time.perf_counter()
for n in range(options["count"]):
    body = {"objectName": options["objectName"] % n, "bucket": "data", "conversationId": "1"}
    channel.basic_publish(
        exchange=options["exchange"],
        routing_key=options["routingKey"],
        body=json.dumps(body).encode("utf-8"),
        properties=pika.BasicProperties(
            content_type="text/plain", content_encoding="UTF-8", delivery_mode=2, priority=0, message_id=ids[n]
        ),
        mandatory=True,
    )
elapsed = (time.perf_counter() - begun) * 1000
connection.close()
print(json.dumps({"elapsed": elapsed}))
