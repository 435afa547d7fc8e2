"""Manifests: what they refer to, and those that can't be read."""

from typing import Any

import orjson
import pytest

from lib.component.errors import InvalidManifestError
from lib.component.images.manifest import Layer, Manifest, with_all_images
from tests.support.sandbox import INDEX_TYPE, MANIFEST_TYPE, digest

DIGEST = digest(b"any")
FOREIGN = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"


def parsed(media_type: str = MANIFEST_TYPE, **members: Any) -> Manifest:
    return Manifest.parse(orjson.dumps({"schemaVersion": 2, **members}).decode(), media_type)


def test_a_layer_that_occurs_twice_is_copied_once() -> None:
    one = {"digest": DIGEST, "size": 3}

    assert parsed(config=one, layers=[one, one]).layers == (Layer(DIGEST, 3),)


@pytest.mark.parametrize("kind", [FOREIGN, "application/vnd.oci.image.layer.nondistributable.v1"])
def test_layers_that_registries_do_not_hold_are_left_out(kind: str) -> None:
    foreign = {"mediaType": kind, "digest": digest(b"foreign"), "size": 9}
    config = {"digest": DIGEST, "size": 2}

    assert parsed(config=config, layers=[foreign]).layers == (Layer(DIGEST, 2),)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"schemaVersion": 1, "fsLayers": []}',
        '{"config": {"digest": "sha256:0", "size": 1}}',
        '{"config": {"digest": "DIGEST"}}',
        '{"config": {"digest": "DIGEST", "size": -1}}',
        '{"config": {"digest": "DIGEST", "size": "1"}}',
        '{"config": {"digest": 1, "size": 1}}',
        '{"config": "none"}',
        '{"manifests": ["none"]}',
        '{"manifests": [{"digest": "../../etc"}]}',
    ],
)
def test_what_is_no_manifest_is_refused(text: str) -> None:
    text = text.replace("DIGEST", DIGEST)
    with pytest.raises(InvalidManifestError, match=f"The manifest of {digest(text.encode())}: got"):
        Manifest.parse(text, "text/plain")


def test_images_come_before_those_that_refer_to_them_and_once() -> None:
    leaf = parsed(config={"digest": DIGEST, "size": 2})
    inner = parsed(INDEX_TYPE, manifests=[{"digest": leaf.digest}])
    top = parsed(INDEX_TYPE, manifests=[{"digest": inner.digest}, {"digest": leaf.digest}])
    known = {manifest.digest: manifest for manifest in (leaf, inner)}

    assert with_all_images(top, known.__getitem__) == [leaf, inner, top]


def test_a_platform_may_be_named_without_its_variant() -> None:
    arm = {"os": "linux", "architecture": "arm64", "variant": "v8"}
    others = {"os": "linux", "architecture": "arm"}
    index = parsed(
        INDEX_TYPE,
        manifests=[
            {"digest": digest(b"arm"), "platform": others},
            {"digest": digest(b"arm64"), "platform": arm},
        ],
    )

    assert index.image_for("linux/arm64") == index.image_for("linux/arm64/v8") == digest(b"arm64")
    assert index.image_for("linux/arm") == digest(b"arm")
