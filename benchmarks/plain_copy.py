"""A plain loop that copies a layer with requests, as the peer of Copy Image.

It does what a copy needs and nothing else: it downloads a part, adds it to the digest, writes it as
base64, signs the request and sends it. It tries nothing again and checks no answer but its status.
"""

import base64
import hashlib
import json
import sys

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from benchmarks.image_server import SOURCE, TARGET

_TARGET = "AmazonEC2ContainerRegistry_V20150921."
_PART_SIZE = 20 << 20  # bytes


def main(cfg: dict[str, str], layer: str, size: int) -> None:
    """Copy a layer.

    Args:
        cfg: The connector's cfg for the server.
        layer: The layer's digest.
        size: Its bytes.
    """
    session = requests.Session()
    credentials = Credentials(cfg["accessKeyId"], cfg["secretAccessKey"])
    signer = SigV4Auth(credentials, "ecr", cfg["region"])

    def call(operation: str, **members: object) -> dict[str, str]:
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"{_TARGET}{operation}",
        }
        signed = AWSRequest("POST", f"{cfg['endpoint']}/", headers, json.dumps(members).encode())
        signer.add_auth(signed)
        response = session.post(signed.url, signed.data, headers=dict(signed.headers.items()))
        response.raise_for_status()
        answer: dict[str, str] = response.json()
        return answer

    url = call("GetDownloadUrlForLayer", repositoryName=SOURCE, layerDigest=layer)["downloadUrl"]
    upload = call("InitiateLayerUpload", repositoryName=TARGET)["uploadId"]
    checksum = hashlib.sha256()
    for first in range(0, size, _PART_SIZE):
        last = min(first + _PART_SIZE, size) - 1
        part = session.get(url, headers={"Range": f"bytes={first}-{last}"})
        part.raise_for_status()
        checksum.update(part.content)
        call(
            "UploadLayerPart",
            repositoryName=TARGET,
            uploadId=upload,
            partFirstByte=first,
            partLastByte=last,
            layerPartBlob=base64.b64encode(part.content).decode(),
        )
    digests = [f"sha256:{checksum.hexdigest()}"]
    call("CompleteLayerUpload", repositoryName=TARGET, uploadId=upload, layerDigests=digests)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
