"""Copy Image: large random images, between two accounts and two regions, pulled from both."""

import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
from werkzeug.exceptions import NotFound
from werkzeug.serving import make_server

from lib.sandbox import REGION, Sandbox
from lib.sandbox.distribution import serving_images
from lib.sandbox.download import serving_layers
from tests.support.aws_model import ask_action
from tests.support.provision import Machine
from tests.support.random_images import Builder, found
from tests.support.roles import EXTERNAL_ID, role_in
from tests.support.sandbox import call

OTHER_REGION = "eu-west-1"
LARGEST = 60 << 20
MOST_PLATFORMS, MOST_LAYERS = 8, 30


@contextmanager
def registry(account: str, region: str) -> Iterator[str]:
    """Serve the images of an account's region to registry clients; yield the host."""
    app = serving_images(serving_layers(NotFound(), account), account, region)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def pulled(account: str, region: str, repository: str, folder: Path) -> dict[str, bytes]:
    """Pull an image with all its platforms, and return the files that it consists of."""
    with registry(account, region) as host:
        command = [
            *("skopeo", "--insecure-policy", "copy", "--all", "--src-tls-verify=false"),
            f"--src-creds=AWS:{account}-auth-token",
            *(f"docker://{host}/{repository}:1.0", f"dir:{folder}"),
        ]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(3))
def test_what_is_pulled_from_another_account_and_region_is_the_same(
    machine: Machine, sandbox: Sandbox, repository: str, tmp_path: Path, seed: int
) -> None:
    # Given an image of any shape, the first one as large as they get
    machine.need_skopeo()
    drawn = random.Random(seed)  # noqa: S311 - any image, the same each time
    platforms, layers = drawn.randint(1, MOST_PLATFORMS), drawn.randint(0, MOST_LAYERS)
    large = drawn.randint(1, LARGEST)
    if not seed:
        platforms, layers, large = MOST_PLATFORMS, MOST_LAYERS, LARGEST
    image = Builder(sandbox.cfg, repository, seed).push("1.0", platforms, layers, large=large)
    account = call(sandbox.cfg, "DescribeRepositories")["repositories"][0]["registryId"]

    with Sandbox() as other:
        role = role_in(other, "takes-images", trusted=sandbox)

        # When it is copied
        fields = {
            "targetRoleArn": role,
            "targetExternalId": EXTERNAL_ID,
            "targetRegion": OTHER_REGION,
            "createTargetRepository": True,
        }
        body = {"repositoryName": repository, "imageTag": "1.0"}
        copied = ask_action("CopyImage", body, {**sandbox.cfg, **fields})["body"]

        # Then the target has every byte of it, and a registry client gets the same from both
        assert copied["bytesCopied"] == sum(map(len, image.layers.values()))
        assert found(other.cfg, OTHER_REGION, repository, image) == image
        source = pulled(account, REGION, repository, tmp_path / "source")
        target = pulled(role.split(":")[4], OTHER_REGION, repository, tmp_path / "target")
    assert source == target
    assert {digest.removeprefix("sha256:") for digest in image.layers} <= source.keys()
