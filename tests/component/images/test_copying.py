"""Copy Image: on the sandbox, whose images are compared, and from a canned Amazon ECR."""

import logging
import os
import random
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import orjson
import pytest

from actions.copy_image import target_repositories
from lib.component.errors import (
    ImageNotFoundError,
    ImmutableTagError,
    InvalidMessageError,
    LayerDownloadError,
    PlatformNotFoundError,
    WrongContentError,
)
from lib.component.images.copying import process
from lib.component.images.download import LARGEST_RANGE
from lib.component.images.request import CopyRequest, target_configuration
from lib.ecr import Answer, Client, ServiceError
from lib.sailor.step import Step
from lib.sandbox import REGION, Sandbox
from lib.sandbox.backend import SandboxBackend
from tests.support.aws_model import cfg_for
from tests.support.canned_ecr import TAG, CannedEcr
from tests.support.command import COMMAND
from tests.support.loopback import Reply
from tests.support.provision import Machine
from tests.support.random_images import Builder, found
from tests.support.roles import EXTERNAL_ID, role_in
from tests.support.sandbox import call, push

OTHER_REGION = "eu-west-1"
MIB = 1 << 20
MOST_MEMORY = 64 * MIB
TO_TARGET: dict[str, Any] = {
    "repositoryName": "source",
    "imageTag": TAG,
    "targetRepositoryName": "target",
}


def copy(
    cfg: dict[str, Any],
    events: list[tuple[str, Any]] | None = None,
    clock: Callable[[], float] = time.monotonic,
    **body: Any,
) -> dict[str, Any]:
    """Return the body that is emitted."""

    def emit(event: str, payload: Any) -> None:
        assert events is not None, f"{event}: {payload}"
        events.append((event, payload))

    step = Step(emit, logging.getLogger("tests.step"))
    message = process(step, {"body": body}, cfg, {}, clock)
    return message["body"] if message else {}


@pytest.fixture
def target(sandbox: Sandbox) -> str:
    """The name of a repository that is new and empty."""
    name = f"target/{uuid.uuid4().hex}"
    call(sandbox.cfg, "CreateRepository", repositoryName=name)
    return name


@pytest.fixture
def operations(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The operations that were called."""
    called: list[str] = []
    original = Client.call

    def recorded(self: Client, operation: str, *arguments: Any, **options: Any) -> Answer:
        called.append(operation)
        return original(self, operation, *arguments, **options)

    monkeypatch.setattr(Client, "call", recorded)
    return called


@pytest.fixture
def completed(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, str]]:
    """How often the upload of each layer was completed, by repository and digest."""
    counted: Counter[tuple[str, str]] = Counter()
    original = SandboxBackend.complete_layer_upload

    def counting(self: SandboxBackend, *arguments: Any, **options: Any) -> dict[str, Any]:
        answer = original(self, *arguments, **options)
        counted[answer["repositoryName"], answer["layerDigest"]] += 1
        return answer

    monkeypatch.setattr(SandboxBackend, "complete_layer_upload", counting)
    return counted


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lib.component.images.download.time.sleep", lambda _: None)


class TestWhatIsCopied:
    @pytest.mark.parametrize(
        "seed", [0, *(pytest.param(n, marks=pytest.mark.long) for n in range(1, 6))]
    )
    def test_the_copy_of_a_random_image_is_the_same(
        self, sandbox: Sandbox, repository: str, target: str, seed: int
    ) -> None:
        # Given an image
        drawn = random.Random(seed)  # noqa: S311 - any image, the same each time
        platforms, layers = drawn.randint(1, 8), drawn.randint(0, 30)
        image = Builder(sandbox.cfg, repository, seed).push("1.0", platforms, layers)

        # When
        body = copy(
            sandbox.cfg, repositoryName=repository, imageTag="1.0", targetRepositoryName=target
        )

        # Then the target has it, with every byte of what it refers to
        assert found(sandbox.cfg, REGION, target, image) == image
        assert body["imageDigest"] == image.digest
        assert {it["imageDigest"] for it in body["images"] if it["copied"]} == set(image.manifests)
        assert (body["layersCopied"], body["layersAlreadyThere"]) == (len(image.layers), 0)
        assert body["bytesCopied"] == sum(map(len, image.layers.values()))
        [tagged] = call(
            sandbox.cfg,
            "BatchGetImage",
            repositoryName=target,
            imageIds=[{"imageTag": "1.0"}],
        )["images"]
        assert tagged["imageId"]["imageDigest"] == image.digest

    @pytest.mark.slow
    def test_it_goes_to_another_region(self, sandbox: Sandbox, repository: str) -> None:
        image = Builder(sandbox.cfg, repository, 1).push("1.0", 2, 4)

        body = copy(
            sandbox.cfg,
            repositoryName=repository,
            imageTag="1.0",
            targetRegion=OTHER_REGION,
            createTargetRepository=True,
        )

        assert found(sandbox.cfg, OTHER_REGION, repository, image) == image
        assert f".ecr.{REGION}.amazonaws.com/{repository}@sha256:" in body["sourceUri"]
        assert f".ecr.{OTHER_REGION}.amazonaws.com/{repository}@sha256:" in body["targetUri"]
        there = {**sandbox.cfg, "targetRegion": OTHER_REGION}
        assert repository in target_repositories(there)

    @pytest.mark.slow
    def test_it_goes_to_another_account(self, sandbox: Sandbox, repository: str) -> None:
        image = Builder(sandbox.cfg, repository, 2).push("1.0", 3, 4)
        with Sandbox() as other:
            role = role_in(other, "takes-images", trusted=sandbox)
            fields = {
                "targetRoleArn": role,
                "targetExternalId": EXTERNAL_ID,
                "createTargetRepository": True,
            }

            body = copy({**sandbox.cfg, **fields}, repositoryName=repository, imageTag="1.0")

            assert found(other.cfg, REGION, repository, image) == image
            account = role.split(":")[4]
            assert body["targetUri"].startswith(f"{account}.dkr.")
            assert not body["sourceUri"].startswith(account)

    def test_registry_clients_pull_the_same_from_both(
        self, machine: Machine, sandbox: Sandbox, repository: str, target: str, tmp_path: Path
    ) -> None:
        machine.need_skopeo()
        image = Builder(sandbox.cfg, repository, 3).push("1.0", 3, 5)
        copy(sandbox.cfg, repositoryName=repository, imageTag="1.0", targetRepositoryName=target)
        account = call(sandbox.cfg, "DescribeRepositories", repositoryNames=[target])
        login = f"AWS:{account['repositories'][0]['registryId']}-auth-token"
        host = sandbox.cfg["endpoint"].removeprefix("http:")

        pulled = []
        for name in (repository, target):
            folder = tmp_path / name.replace("/", "-")
            command = [
                *("skopeo", "--insecure-policy", "copy", "--all", "--src-tls-verify=false"),
                *(f"--src-creds={login}", f"docker:{host}/{name}:1.0", f"dir:{folder}"),
            ]
            subprocess.run(command, check=True, capture_output=True)
            pulled.append({file.name: file.read_bytes() for file in folder.iterdir()})

        assert pulled[0] == pulled[1]
        assert {digest.removeprefix("sha256:") for digest in image.layers} <= pulled[0].keys()

    def test_another_tag_of_the_same_image_uploads_nothing(
        self, sandbox: Sandbox, repository: str, operations: list[str]
    ) -> None:
        digest = push(sandbox.cfg, repository, b"a layer", tag="1.0")
        operations.clear()

        body = copy(
            sandbox.cfg, repositoryName=repository, imageTag="1.0", targetImageTag="production"
        )

        assert body["targetImageTag"] == "production"
        assert (body["layersCopied"], body["layersAlreadyThere"]) == (0, 2)
        assert "InitiateLayerUpload" not in operations
        ids = [{"imageTag": "production"}]
        found = call(sandbox.cfg, "BatchGetImage", repositoryName=repository, imageIds=ids)
        assert found["images"][0]["imageId"]["imageDigest"] == digest

    def test_a_digest_chooses_the_image_and_a_tag_names_the_copy(
        self, sandbox: Sandbox, repository: str, target: str
    ) -> None:
        older = push(sandbox.cfg, repository, b"older", tag="1.0")
        push(sandbox.cfg, repository, b"newer", tag="1.0")

        body = copy(
            sandbox.cfg,
            repositoryName=repository,
            imageDigest=older,
            imageTag="1.0",
            targetRepositoryName=target,
        )

        assert (body["imageDigest"], body["targetImageTag"]) == (older, "1.0")

    @pytest.mark.slow
    def test_one_platform_is_copied_alone(
        self, sandbox: Sandbox, repository: str, target: str
    ) -> None:
        image = Builder(sandbox.cfg, repository, 4).push("1.0", 3, 4)
        asked: dict[str, Any] = {
            "repositoryName": repository,
            "imageTag": "1.0",
            "targetRepositoryName": target,
        }

        body = copy(sandbox.cfg, **asked, platform="linux/cpu1")

        assert body["imageDigest"] in image.manifests.keys() - {image.digest}
        assert [it["imageDigest"] for it in body["images"]] == [body["imageDigest"]]
        [copied] = [image.manifests[it["imageDigest"]] for it in body["images"]]
        config = orjson.loads(copied[0])["config"]["digest"]
        assert b"cpu1" in image.layers[config]
        with pytest.raises(PlatformNotFoundError, match="linux/s390x; it has linux/cpu0, linux/cp"):
            copy(sandbox.cfg, **asked, platform="linux/s390x")


class TestRunAgain:
    def test_nothing_is_done_twice(
        self, sandbox: Sandbox, repository: str, target: str, operations: list[str]
    ) -> None:
        image = Builder(sandbox.cfg, repository, 5).push("1.0", 2, 3, small=True)
        asked: dict[str, Any] = {
            "repositoryName": repository,
            "imageTag": "1.0",
            "targetRepositoryName": target,
        }
        copy(sandbox.cfg, **asked)
        operations.clear()

        body = copy(sandbox.cfg, **asked)

        assert set(operations) == {"BatchGetImage", "DescribeRepositories"}
        assert (body["layersCopied"], body["layersAlreadyThere"]) == (0, len(image.layers))
        assert not [it for it in body["images"] if it["copied"]]

    @pytest.mark.long
    @pytest.mark.parametrize("answered", [False, True], ids=["before a call", "after a call"])
    def test_a_copy_that_ends_at_any_call_continues(
        self,
        sandbox: Sandbox,
        repository: str,
        monkeypatch: pytest.MonkeyPatch,
        completed: Counter[tuple[str, str]],
        answered: bool,
    ) -> None:
        image = Builder(sandbox.cfg, repository, 6).push("1.0", 2, 0)
        original = Client.call
        for last in count(1):
            # Given a copy that ends at a call
            target = f"{repository}/{last}"
            asked: dict[str, Any] = {
                "repositoryName": repository,
                "imageTag": "1.0",
                "targetRepositoryName": target,
                "createTargetRepository": True,
            }
            left = last

            def ending(self: Client, *arguments: Any) -> Answer:
                nonlocal left
                left -= 1
                if left == 0 and not answered:
                    raise KeyboardInterrupt
                try:
                    return original(self, *arguments)
                finally:
                    if left == 0:
                        raise KeyboardInterrupt

            monkeypatch.setattr(Client, "call", ending)
            try:
                copy(sandbox.cfg, **asked)
            except KeyboardInterrupt:
                ended = True
            else:
                ended = False
            monkeypatch.setattr(Client, "call", original)

            # When it runs again
            copy(sandbox.cfg, **asked)

            # Then the result is the same
            assert found(sandbox.cfg, REGION, target, image) == image, last
            assert {completed[target, digest] for digest in image.layers} == {1}, last
            if not ended:
                break
        assert last > 15

    @pytest.mark.long
    def test_a_copy_that_is_killed_continues(
        self, sandbox: Sandbox, repository: str, completed: Counter[tuple[str, str]]
    ) -> None:
        image = Builder(sandbox.cfg, repository, 7).push("1.0", 4, 12)
        drawn = random.Random(7)  # noqa: S311 - any moment, the same each time
        completed.clear()
        for number in range(3):
            target = f"{repository}/{number}"
            asked: dict[str, Any] = {
                "repositoryName": repository,
                "imageTag": "1.0",
                "targetRepositoryName": target,
                "createTargetRepository": True,
            }
            command = [
                *(COMMAND, "run", "CopyImage", "--cfg", orjson.dumps(sandbox.cfg).decode()),
                *("--body", orjson.dumps(asked).decode()),
            ]
            # Killed once some of its layers are there
            most = drawn.randint(1, len(image.layers) // 2)
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
                while run.poll() is None and len(_of(completed, target)) < most:
                    time.sleep(0.002)
                assert run.poll() is None, "it ended before it was killed"
                run.kill()
            at_the_kill = len(_of(completed, target))

            again = subprocess.run(command, capture_output=True, check=True)

            body = orjson.loads(again.stdout)["payload"]["body"]
            assert 0 < at_the_kill <= body["layersAlreadyThere"]
            assert found(sandbox.cfg, REGION, target, image) == image
            assert set(_of(completed, target).values()) == {1}


def _of(completed: Counter[tuple[str, str]], repository: str) -> dict[str, int]:
    return {digest: n for (name, digest), n in list(completed.items()) if name == repository}


class TestTags:
    @pytest.mark.parametrize(
        "setting",
        [
            {"imageTagMutability": "IMMUTABLE"},
            {
                "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
                "imageTagMutabilityExclusionFilters": [
                    {"filterType": "WILDCARD", "filter": "dev-*"}
                ],
            },
            {
                "imageTagMutability": "MUTABLE_WITH_EXCLUSION",
                "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "1.*"}],
            },
        ],
    )
    def test_an_immutable_tag_is_refused_before_anything_is_uploaded(
        self, sandbox: Sandbox, repository: str, operations: list[str], setting: dict[str, Any]
    ) -> None:
        target = f"{repository}/immutable"
        call(sandbox.cfg, "CreateRepository", repositoryName=target, **setting)
        present = push(sandbox.cfg, target, b"present", tag="1.0")
        wanted = push(sandbox.cfg, repository, b"wanted", tag="1.0")
        operations.clear()

        with pytest.raises(ImmutableTagError) as refused:
            copy(
                sandbox.cfg, repositoryName=repository, imageTag="1.0", targetRepositoryName=target
            )

        assert f"on the image {present} instead of {wanted}" in str(refused.value)
        assert set(operations) == {"BatchGetImage", "DescribeRepositories"}

    def test_an_immutable_tag_of_the_same_image_is_no_error(
        self, sandbox: Sandbox, repository: str
    ) -> None:
        target = f"{repository}/immutable"
        setting = {"imageTagMutability": "IMMUTABLE"}
        call(sandbox.cfg, "CreateRepository", repositoryName=target, **setting)
        asked: dict[str, Any] = {
            "repositoryName": repository,
            "imageTag": "1.0",
            "targetRepositoryName": target,
        }
        push(sandbox.cfg, repository, b"wanted", tag="1.0")
        copy(sandbox.cfg, **asked)

        assert copy(sandbox.cfg, **asked)["layersCopied"] == 0


class TestOtherMessagesAtTheSameTime:
    @pytest.mark.parametrize(
        ("operation", "code", "copied"),
        [
            ("CompleteLayerUpload", "LayerAlreadyExistsException", 1),
            ("PutImage", "ImageAlreadyExistsException", 2),
            # An answer was lost, and the request was sent again
            ("UploadLayerPart", "InvalidLayerPartException", 2),
            ("CompleteLayerUpload", "UploadNotFoundException", 2),
        ],
    )
    def test_what_is_done_already_is_no_error(
        self, canned: CannedEcr, operation: str, code: str, copied: int
    ) -> None:
        canned.refusals = {operation: code}

        body = copy(cfg_for(canned), **TO_TARGET)

        assert (body["layersCopied"], body["layersAlreadyThere"]) == (copied, 2 - copied)
        assert canned.completed[-1] == canned.layer

    def test_the_target_may_be_created_meanwhile(self, canned: CannedEcr) -> None:
        canned.refusals = {
            "DescribeRepositories": "RepositoryNotFoundException",
            "CreateRepository": "RepositoryAlreadyExistsException",
        }

        assert copy(cfg_for(canned), **TO_TARGET, createTargetRepository=True)["layersCopied"] == 2

    @pytest.mark.parametrize("operation", ["UploadLayerPart", "CompleteLayerUpload", "PutImage"])
    def test_any_other_refusal_is_an_error(self, canned: CannedEcr, operation: str) -> None:
        canned.refusals = {operation: "LimitExceededException"}

        with pytest.raises(ServiceError, match="LimitExceededException: no"):
            copy(cfg_for(canned), **TO_TARGET)

    def test_a_target_that_does_not_exist_is_an_error(self, canned: CannedEcr) -> None:
        canned.refusals = {"DescribeRepositories": "RepositoryNotFoundException"}

        with pytest.raises(ServiceError, match="RepositoryNotFoundException"):
            copy(cfg_for(canned), **TO_TARGET)

        assert "InitiateLayerUpload" not in canned.operations


class TestMessages:
    @pytest.mark.parametrize(
        ("body", "fault"),
        [
            (None, "body: got null, expected an object"),
            ({}, "repositoryName is missing; give it in the message, or choose it in the field"),
            ({"repositoryName": "a1"}, "imageTag and imageDigest are missing"),
            ({"imageTg": "1"}, '"imageTg" is not a member of CopyImage; did you mean imageTag?'),
            ({"platform": "linux"}, 'platform: got "linux", expected'),
            ({"createTargetRepository": "yes"}, "createTargetRepository: got a string"),
            ({"targetExternalId": "secret"}, "targetRoleArn is missing; it is needed with"),
            (
                {"repositoryName": "a1", "imageTag": "1", "targetRegion": "eu-centrl-1"},
                'the target\'s Region (region): got "eu-centrl-1", expected an AWS region; did you',
            ),
            (
                {"repositoryName": "a1", "imageTag": "1", "targetRoleArn": "role"},
                "the target's Role ARN (roleArn): expected the ARN of a role",
            ),
        ],
    )
    def test_what_is_wrong_is_said_before_anything_is_sent(
        self, canned: CannedEcr, body: Any, fault: str
    ) -> None:
        step = Step(lambda *_: None, logging.getLogger("tests.step"))

        with pytest.raises(InvalidMessageError) as refused:
            process(step, {"body": body}, cfg_for(canned), {})

        assert fault in str(refused.value)
        assert canned.operations == []

    def test_a_field_stands_in_for_a_member_and_the_member_wins(
        self, sandbox: Sandbox, repository: str, target: str
    ) -> None:
        push(sandbox.cfg, repository, b"a layer", tag="1.0")
        fields = {
            "repositoryName": repository,
            "imageTag": "no-such-tag",
            "targetRepositoryName": "no/such",
            "platform": "all",
            "targetImageTag": "copied",
        }

        body = copy({**sandbox.cfg, **fields}, imageTag="1.0", targetRepositoryName=target)

        assert (body["targetRepositoryName"], body["targetImageTag"]) == (target, "copied")

    def test_a_digest_in_the_message_leaves_out_the_image_chosen_in_the_field(
        self, sandbox: Sandbox, repository: str, target: str
    ) -> None:
        other = push(sandbox.cfg, repository, b"another image", tag="other")
        push(sandbox.cfg, repository, b"a layer", tag="1.0")
        fields = {"repositoryName": repository, "imageTag": "1.0", "targetRepositoryName": target}

        body = copy({**sandbox.cfg, **fields}, imageDigest=other)

        assert (body["imageDigest"], body["targetImageTag"]) == (other, "")

    def test_an_image_that_does_not_exist_is_named(self, sandbox: Sandbox, repository: str) -> None:
        with pytest.raises(ImageNotFoundError, match=f"{repository} 9.9 in {REGION}: "):
            copy(sandbox.cfg, repositoryName=repository, imageTag="9.9")

    def test_a_custom_endpoint_does_not_serve_another_region(self, canned: CannedEcr) -> None:
        endpoint = "https://vpce-0123456789abcdef0.api.ecr.eu-central-1.vpce.amazonaws.com"
        cfg = {**cfg_for(canned), "endpoint": endpoint}
        body = {"repositoryName": "a1", "imageTag": "1"}

        elsewhere = CopyRequest.read({**body, "targetRegion": OTHER_REGION}, cfg)
        here = CopyRequest.read(body, cfg)

        assert target_configuration(here).url == f"{endpoint}/"
        assert (
            target_configuration(elsewhere).url == f"https://api.ecr.{OTHER_REGION}.amazonaws.com/"
        )


@pytest.fixture
def canned() -> Iterator[CannedEcr]:
    with CannedEcr(2 * LARGEST_RANGE + 1, part_size=LARGEST_RANGE + 5) as running:
        yield running


class TestDownloads:
    def test_layers_are_fetched_in_ranges_without_our_credentials(self, canned: CannedEcr) -> None:
        body = copy(cfg_for(canned), **TO_TARGET)

        assert body["layersCopied"] == len(canned.completed) == 2
        for request in canned.fetched:
            assert request.method == "GET"
            sent = {name.lower() for name in request.headers}
            assert sent == {"host", "range", "accept-encoding"}

    def test_an_expired_url_is_asked_for_again(self, canned: CannedEcr) -> None:
        # The configuration, the first range of the layer, then a refusal
        canned.downloads = [None, None, Reply(b"<Code>AccessDenied</Code>", 403)]

        copy(cfg_for(canned), **TO_TARGET)

        assert canned.completed[-1] == canned.layer
        assert canned.operations.count("GetDownloadUrlForLayer") == 3

    @pytest.mark.parametrize(
        "fault", [Reply(status=503), Reply(hang_up=True), Reply(b"x" * 9, 206, cut=5)]
    )
    def test_a_transient_error_is_tried_again(self, canned: CannedEcr, fault: Reply) -> None:
        canned.downloads = [fault, fault]

        copy(cfg_for(canned), **TO_TARGET)

        assert canned.completed[-1] == canned.layer

    def test_one_that_persists_is_a_rebound(
        self, canned: CannedEcr, caplog: pytest.LogCaptureFixture
    ) -> None:
        canned.downloads = [Reply(b"very-secret", 503)] * 3
        events: list[tuple[str, Any]] = []

        assert copy(cfg_for(canned), events, **TO_TARGET) == {}

        [(event, reason)] = events
        assert event == "rebound"
        assert reason.startswith("The layer sha256:")
        assert reason.endswith(" can't be downloaded: HTTP 503")
        assert "very-secret" not in caplog.text + reason

    @pytest.mark.parametrize(
        ("fault", "reason"),
        [
            (Reply(b"very-secret", 403), "HTTP 403"),
            (Reply(b"very-secret", 404), "HTTP 404"),
            (Reply(b"", 302, {"Location": "/very-secret"}), "HTTP 302"),
            (Reply(b"{}", 206, {"Content-Range": "bytes 1-2/3"}), "the answer is not the bytes 0"),
            (Reply(b"{", 206, {"Content-Range": "bytes 0-1/2"}), "the answer is not the bytes 0"),
            (Reply(b"{}", 206), "the answer is not the bytes 0 to 1 of 2"),
            (Reply(b"{}x", 200), "the answer has 3 bytes from the first on, expected 2 of it"),
            (Reply(b"x" * (LARGEST_RANGE + 1), 200), f"the answer exceeds {LARGEST_RANGE} bytes"),
        ],
    )
    def test_what_is_not_the_range_is_an_error(
        self, canned: CannedEcr, fault: Reply, reason: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        canned.downloads = [fault] * 3
        caplog.set_level("DEBUG", "tests.step")

        with pytest.raises(LayerDownloadError, match="can't be downloaded: ") as refused:
            copy(cfg_for(canned, verbose=True), **TO_TARGET)

        assert reason in str(refused.value)
        assert "very-secret" not in caplog.text + str(refused.value)
        assert canned.completed == []
        assert len(canned.fetched) == 1

    def test_a_server_may_answer_with_the_whole_of_a_small_layer(self, canned: CannedEcr) -> None:
        canned.downloads = [Reply(b"{}", 200)]

        copy(cfg_for(canned), **TO_TARGET)

        assert canned.completed[-1] == canned.layer

    @pytest.mark.parametrize(
        ("url", "reason"),
        [
            ("http://example.com/", "its URL, on example.com, begins with http, not https"),
            ("ftp://127.0.0.1/", "its URL, on 127.0.0.1, begins with ftp, not https"),
            ("https://user:very-secret@example.com/", "its URL is malformed"),
            ("https:///", "its URL is malformed"),
            ("https://example.com:99999/", "its URL is malformed"),
            ("very-secret", "its URL is malformed"),
        ],
    )
    def test_other_urls_are_refused(self, canned: CannedEcr, url: str, reason: str) -> None:
        canned.download_url = url

        with pytest.raises(LayerDownloadError) as refused:
            copy(cfg_for(canned), **TO_TARGET)

        assert str(refused.value).endswith(f"can't be downloaded: {reason}")
        assert canned.fetched == []

    def test_a_layer_that_is_not_what_its_digest_says_is_never_completed(
        self, canned: CannedEcr
    ) -> None:
        canned.downloads = [Reply(b"[]", 206, {"Content-Range": "bytes 0-1/2"})]

        with pytest.raises(WrongContentError, match="arrived with the digest sha256:4f53cda18c2b"):
            copy(cfg_for(canned), **TO_TARGET)

        assert "CompleteLayerUpload" not in canned.operations

    def test_progress_is_logged_every_ten_seconds(
        self, canned: CannedEcr, caplog: pytest.LogCaptureFixture
    ) -> None:
        # A clock that is asked once in the beginning, and then for each range: 6 s
        seconds = count(0, 6)
        caplog.set_level("INFO", "tests.step")

        copy(cfg_for(canned), clock=lambda: next(seconds), **TO_TARGET)

        total = 2 * LARGEST_RANGE + 3
        lines = [record.getMessage() for record in caplog.records if "Copying" in record.msg]
        shown = [line.partition(": ")[2] for line in lines]
        assert shown == [
            f"{done / 1e6:.1f} of {total / 1e6:.1f} MB"
            for done in (2 + LARGEST_RANGE, 2 + 2 * LARGEST_RANGE)
        ]


_PEAK = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
print(status, usage.ru_maxrss)
"""


@pytest.mark.alone
@pytest.mark.timeout(300)
def test_memory_stays_flat_however_large_a_layer_is() -> None:
    def peak(size: int) -> tuple[int, float]:
        with CannedEcr(size) as ecr:
            command = [
                *(COMMAND, "run", "CopyImage", "--cfg", orjson.dumps(cfg_for(ecr)).decode()),
                *("--body", orjson.dumps(TO_TARGET).decode()),
            ]
            started = time.monotonic()
            ran = subprocess.run(
                [sys.executable, "-c", _PEAK, *command],
                stdout=subprocess.PIPE,
                env={**os.environ, "LOG_LEVEL": "error"},
                check=True,
            )
            assert ecr.completed[-1] == ecr.layer
        status, kib = map(int, ran.stdout.split())
        assert status == 0
        return kib << 10, time.monotonic() - started

    base, _ = peak(1)
    large, seconds = peak(512 * MIB)

    print(f"{base / MIB:.0f} MiB, then {large / MIB:.0f} MiB in {seconds:.1f} s")  # noqa: T201
    assert large - base < MOST_MEMORY
