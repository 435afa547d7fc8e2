"""Peak memory of a command that uploads the largest layer part that the API accepts."""

import base64
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson

from benchmarks import child
from benchmarks.figure import Figure
from benchmarks.server import canned

_PART = 20_971_520  # bytes, the limit of UploadLayerPart
_BLOCK = 3 << 16  # bytes; a multiple of three is base64 without padding
_BAR = 200


def measure() -> list[Figure]:
    """Measure ``ecr-connector run UploadLayerPart`` with the part in a file."""
    with canned(b"{}") as cfg, _body() as body:
        run = [child.CONNECTOR, "run", "UploadLayerPart", "--cfg", orjson.dumps(cfg).decode()]
        peak = child.run([*run, "--body", f"@{body}"]).peak
    return [Figure("Memory", "peak with a layer part of 20 MiB", peak, "MiB", _BAR)]


@contextmanager
def _body() -> Iterator[Path]:
    """Yield a file with the message's body; it is written in blocks to keep this process small."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "body.json"
        with path.open("wb") as file:
            file.write(
                b'{"repositoryName":"shop/web","uploadId":"8e1f9a3c-0c47-4a0c-9a43-6d3f3c0e5a11",'
                b'"partFirstByte":0,"partLastByte":%d,"layerPartBlob":"' % (_PART - 1)
            )
            for start in range(0, _PART, _BLOCK):
                file.write(base64.b64encode(os.urandom(min(_BLOCK, _PART - start))))
            file.write(b'"}')
        yield path
