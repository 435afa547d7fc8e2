"""The studio's sandbox: it starts with the examples, and puts them back when asked to."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest

from lib.component.connection import client_of
from lib.sandbox import SandboxError
from lib.studio.sandbox_process import SandboxProcess


def with_sandbox(use: Callable[[SandboxProcess, dict[str, Any]], Awaitable[Any]]) -> Any:
    async def start_and_use() -> Any:
        sandbox = SandboxProcess()
        try:
            return await use(sandbox, await sandbox.start())
        finally:
            await sandbox.stop()

    return asyncio.run(start_and_use())


def ask(cfg: dict[str, Any], operation: str, **parameters: Any) -> Any:
    return client_of(cfg).call(operation, orjson.dumps(parameters)).members


def tags(cfg: dict[str, Any]) -> list[str]:
    images = ask(cfg, "DescribeImages", repositoryName="team/app")["imageDetails"]
    return [tag for image in images for tag in image.get("imageTags", [])]


@pytest.mark.slow
def test_it_begins_with_the_images_of_the_examples() -> None:
    async def look(_: SandboxProcess, cfg: dict[str, Any]) -> list[str]:
        return await asyncio.to_thread(tags, cfg)

    assert with_sandbox(look) == ["1.4.2"]


@pytest.mark.slow
def test_it_puts_the_examples_back_however_they_were_changed() -> None:
    async def spoil_and_restore(sandbox: SandboxProcess, cfg: dict[str, Any]) -> list[str]:
        image = {"imageTag": "1.4.2"}
        ask(cfg, "BatchDeleteImage", repositoryName="team/app", imageIds=[image])
        ask(cfg, "DeleteRepository", repositoryName="archive/app")
        await sandbox.add_example_image()
        await sandbox.add_example_image()
        return [*tags(cfg), *await asyncio.to_thread(repositories, cfg)]

    found = with_sandbox(spoil_and_restore)

    assert found == ["1.4.2", "archive/app", "team/app", "team/open", "team/shared"]


def repositories(cfg: dict[str, Any]) -> list[str]:
    return sorted(
        each["repositoryName"] for each in ask(cfg, "DescribeRepositories")["repositories"]
    )


@pytest.mark.slow
def test_it_starts_once() -> None:
    async def start_again(sandbox: SandboxProcess, cfg: dict[str, Any]) -> bool:
        return await sandbox.start() == cfg

    assert with_sandbox(start_again)


@pytest.mark.slow
def test_after_its_end_it_has_no_examples_and_says_so() -> None:
    async def stop(sandbox: SandboxProcess, _: dict[str, Any]) -> None:
        await sandbox.stop()
        await sandbox.add_example_image()

    with pytest.raises(SandboxError, match="The sandbox is not running"):
        with_sandbox(stop)
