"""The request of the benchmarks, and Amazon ECR's answer to it."""

from typing import Any

import orjson

ASKED = {"repositoryName": "shop/web"}


def page(images: int) -> bytes:
    """Return DescribeImages' answer with a number of images."""
    return orjson.dumps({"imageDetails": [_image(number) for number in range(images)]})


def _image(number: int) -> dict[str, Any]:
    return {
        "registryId": "123456789012",
        "repositoryName": ASKED["repositoryName"],
        "imageDigest": f"sha256:{number:064x}",
        "imageTags": [f"1.{number}.0", f"build-{number}"],
        "imageSizeInBytes": 52_428_800 + number,
        "imagePushedAt": 1_735_689_600.123 + number,
        "imageManifestMediaType": "application/vnd.oci.image.manifest.v1+json",
        "artifactMediaType": "application/vnd.oci.image.config.v1+json",
        "lastRecordedPullTime": 1_738_368_000.0 + number,
    }
