"""Clients are shared by equal configurations."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from lib.ecr import Client, Configuration, connect

HANDLERS = 10


def test_handlers_that_start_together_share_one_client() -> None:
    # Given
    start = Barrier(HANDLERS)

    def client() -> Client:
        configuration = Configuration.create(
            access_key_id="AKIDSTARTSTOGETHER",
            secret_access_key="secret",
            region="eu-central-1",
        )
        start.wait()
        return connect(configuration)

    # When
    with ThreadPoolExecutor(HANDLERS) as handlers:
        clients = [handlers.submit(client) for _ in range(HANDLERS)]

    # Then
    assert len({id(found.result()) for found in clients}) == 1


def test_another_configuration_has_another_client() -> None:
    here = Configuration.create(region="eu-central-1")
    there = Configuration.create(region="eu-west-1")

    assert connect(here) is not connect(there)
