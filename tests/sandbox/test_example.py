"""A sandbox that begins with the images of docs/designers.md."""

import json
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from lib.sandbox import Sandbox
from tests.support.sandbox import call, digest, manifest
from tests.support.terminal import Terminal

COMMAND = str(Path(sys.executable).with_name("ecr-connector"))
REPOSITORY = {"repositoryName": "team/app"}
# As the document has them.
TAGGED = "sha256:b59a24403cf2d2307c8f4f3a1b41f557686779a0aa00bcf83dfd1b67db297c36"
UNTAGGED = "sha256:218b4e5c87ed70bd2bae3ca20576937d46718a1ce06add137085833c61b577e4"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(with_image=True) as running:
        yield running


def test_it_holds_an_image_and_an_older_one_that_has_lost_its_tag(sandbox: Sandbox) -> None:
    tagged, untagged = call(sandbox.cfg, "DescribeImages", **REPOSITORY)["imageDetails"]

    assert (tagged["imageDigest"], tagged["imageTags"]) == (TAGGED, ["1.4.2"])
    assert untagged["imageDigest"] == UNTAGGED == digest(manifest(b"{}", b"old\n").encode())
    assert "imageTags" not in untagged
    assert untagged["imagePushedAt"] < tagged["imagePushedAt"]
    assert call(sandbox.cfg, "ListImages", **REPOSITORY, filter={"tagStatus": "UNTAGGED"}) == {
        "imageIds": [{"imageDigest": UNTAGGED}]
    }


def test_its_layers_can_be_downloaded(sandbox: Sandbox) -> None:
    members = {**REPOSITORY, "layerDigest": digest(b"hello\n")}

    url = call(sandbox.cfg, "GetDownloadUrlForLayer", **members)["downloadUrl"]

    assert requests.get(url, timeout=5).content == b"hello\n"


def test_for_flows_it_also_holds_what_the_recipes_need() -> None:
    with Sandbox(for_flows=True) as running:
        names = [
            found["repositoryName"]
            for found in call(running.cfg, "DescribeRepositories")["repositories"]
        ]
        images = call(running.cfg, "DescribeImages", **REPOSITORY)["imageDetails"]
        policies = [
            call(running.cfg, "GetRepositoryPolicy", repositoryName=name)["policyText"]
            for name in ("team/open", "team/shared")
        ]
        archived = call(running.cfg, "ListImages", repositoryName="archive/app")

    assert sorted(names) == ["archive/app", "team/app", "team/open", "team/shared"]
    assert [image["imageDigest"] for image in images] == [TAGGED, UNTAGGED]
    assert [json.loads(policy)["Statement"][0]["Principal"] for policy in policies] == [
        "*",
        {"AWS": "arn:aws:iam::111122223333:root"},
    ]
    assert archived == {"imageIds": []}


@pytest.mark.slow
def test_the_command_says_what_it_holds(tmp_path: Path) -> None:
    command = f"exec {shlex.quote(COMMAND)} sandbox --with-image > cfg.json"

    terminal = Terminal(["bash", "-c", command], cwd=tmp_path)
    terminal.wait_for("in memory. Press Ctrl-C to stop it.")
    cfg = json.loads((tmp_path / "cfg.json").read_bytes())
    found = call(cfg, "DescribeImages", **REPOSITORY, imageIds=[{"imageTag": "1.4.2"}])
    terminal.interrupt()

    assert terminal.wait() == 0
    assert [image["imageDigest"] for image in found["imageDetails"]] == [TAGGED]
    assert terminal.screen == (
        f"\nAn Amazon ECR with team/app:1.4.2 is listening on {cfg['endpoint']}. In a second"
        " terminal:\n\n"
        "  .venv/bin/ecr-connector run DescribeImages \\\n"
        """    --body '{"repositoryName": "team/app"}' --cfg @cfg.json\n\n"""
        "It accepts requests that are signed with the key in its cfg, and keeps everything\n"
        "in memory. Press Ctrl-C to stop it.\n\n"
        "The sandbox has stopped, and its repositories are gone."
    )
