"""The floor of a step: a loop that does what a message needs, and nothing else.

It decrypts, signs, asks, encrypts, publishes with a confirm and acks, one message at a time. It
checks nothing, has no thread and recovers from nothing. It is started like a runtime, with the
ELASTICIO_ variables of a step.
"""

import base64
import http.client
import os
import uuid
from urllib.parse import urlsplit

import orjson
import pika
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from pika.adapters.blocking_connection import BlockingChannel
from pika.spec import Basic, BasicProperties

from lib.sailor.cipher import Cipher

_TARGET = "AmazonEC2ContainerRegistry_V20150921.DescribeImages"


def main() -> None:
    """Run the loop until the process is killed."""
    setting = {name.removeprefix("ELASTICIO_"): value for name, value in os.environ.items()}
    cfg = _cfg(setting)
    signer = SigV4Auth(
        Credentials(cfg["accessKeyId"], cfg["secretAccessKey"]), "ecr", cfg["region"]
    )
    ecr = http.client.HTTPConnection(urlsplit(cfg["endpoint"]).netloc)
    cipher = Cipher(setting["MESSAGE_CRYPTO_PASSWORD"], setting["MESSAGE_CRYPTO_IV"])
    channel = pika.BlockingConnection(pika.URLParameters(setting["AMQP_URI"])).channel()

    def handle(
        _: BlockingChannel, delivery: Basic.Deliver, properties: BasicProperties, content: bytes
    ) -> None:
        message = orjson.loads(cipher.decrypt(base64.b64decode(content)))
        answer = _ask(ecr, signer, cfg["endpoint"], orjson.dumps(message["body"]))
        answered = {"id": str(uuid.uuid4()), "body": answer, "headers": {}}
        channel.basic_publish(
            setting["PUBLISH_MESSAGES_TO"],
            setting["DATA_ROUTING_KEY"],
            base64.b64encode(cipher.encrypt(orjson.dumps(answered))),
            BasicProperties(content_type="application/json", headers=properties.headers),
            mandatory=True,
        )  # returns once the broker has confirmed
        channel.basic_ack(delivery.delivery_tag or 0)

    channel.confirm_delivery()
    channel.basic_qos(prefetch_count=int(setting["RABBITMQ_PREFETCH_SAILOR"]))
    channel.basic_consume(setting["LISTEN_MESSAGES_ON"], handle)
    channel.start_consuming()


def _cfg(setting: dict[str, str]) -> dict[str, str]:
    """Return the step's cfg, from the platform's REST API."""
    api = http.client.HTTPConnection(urlsplit(setting["API_URI"]).netloc)
    login = base64.b64encode(f"{setting['API_USERNAME']}:{setting['API_KEY']}".encode()).decode()
    path = f"/v1/tasks/{setting['FLOW_ID']}/steps/{setting['STEP_ID']}"
    api.request("GET", path, headers={"Authorization": f"Basic {login}"})
    cfg: dict[str, str] = orjson.loads(api.getresponse().read())["config"]
    return cfg


def _ask(ecr: http.client.HTTPConnection, signer: SigV4Auth, url: str, payload: bytes) -> object:
    """Return the answer to a signed DescribeImages."""
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": _TARGET}
    request = AWSRequest("POST", url, headers, payload)
    signer.add_auth(request)
    ecr.request("POST", "/", payload, dict(request.headers.items()))
    return orjson.loads(ecr.getresponse().read())


if __name__ == "__main__":
    main()
