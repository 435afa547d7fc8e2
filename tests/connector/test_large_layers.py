"""A layer part as large as Amazon ECR takes them, through the runtime."""

import base64
import hashlib
import random
from pathlib import Path

import pytest

from lib.platform import Flow, Runtime
from tests.support.aws_model import cfg_for
from tests.support.connector import Serve, is_empty, message
from tests.support.loopback import Loopback, Reply

SIZE = 20 * 1024**2
# MiB beside what the step has anyway; 110 to 130 were measured. Base64 makes 27 of the part's 20.
MOST_MEMORY = 200


def peak_mib(runtime: Runtime) -> int | None:
    """Return the most memory that a process had at once; None where the system does not tell."""
    status = Path(f"/proc/{runtime.pid}/status")
    if not status.exists():
        return None
    [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) // 1024


@pytest.mark.usefixtures("untraced")
def test_a_layer_part_of_20_mib_arrives_whole(flow: Flow, server: Loopback, serve: Serve) -> None:
    # Given a step that uploads layer parts
    answer = {"repositoryName": "shop", "lastByteReceived": SIZE - 1}
    server.answer(Reply(answer))
    runtime = serve("UploadLayerPart", cfg_for(server), PROTOCOL_VERSION=2)
    at_start = peak_mib(runtime)

    # When a part comes in protocol version 2
    part = random.Random(20).randbytes(SIZE)  # noqa: S311 - any bytes, the same each time
    upload = {
        "repositoryName": "shop",
        "uploadId": "01234567-89ab-cdef-0123-456789abcdef",
        "partFirstByte": 0,
        "partLastByte": SIZE - 1,
    }
    blob = base64.b64encode(part).decode()
    flow.publish(message(**upload, layerPartBlob=blob), version=2)

    # Then it is answered, and Amazon ECR got each byte of it
    assert flow.take_one(flow.output, within=30).body == answer
    [request] = server.requests
    sent = request.json
    assert request.headers["X-Amz-Target"].endswith(".UploadLayerPart")
    received = base64.b64decode(sent.pop("layerPartBlob"))
    assert hashlib.sha256(received).digest() == hashlib.sha256(part).digest()
    assert sent == upload

    # And the step held no more copies of it than its way through needs
    at_end = peak_mib(runtime)
    if at_start is not None and at_end is not None:
        print(f"memory peak before {at_start} MiB, with the part {at_end} MiB")  # noqa: T201
        assert at_end - at_start < MOST_MEMORY
    assert runtime.stop() == 0
    assert is_empty(flow)
