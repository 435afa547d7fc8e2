"""A step's context whose broker is a list, for tests that need no broker."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from pika import BasicProperties

from lib.sailor.cipher import Cipher
from lib.sailor.component import Component
from lib.sailor.context import StepContext
from lib.sailor.error_report import ErrorReporter
from lib.sailor.errors import SailorError
from lib.sailor.publisher import Publisher
from lib.sailor.rest_api import RestApi
from lib.sailor.settings import Settings
from tests.support.repository import ROOT
from tests.support.settings import ENVIRON

CIPHER = Cipher("password", "0123456789abcdef")
COMPONENT = Component.load(ROOT / "tests/sailor/components/own")
MODULE = COMPONENT.module("collect")


@dataclass
class Broker:
    """Takes what is published, unless it fails for a routing key.

    Attributes:
        failures: What publishing raises, by routing key.
        published: The routing key, content and properties of each message.
        attempts: How many attempts each message was to get.
    """

    failures: dict[str, SailorError] = field(default_factory=dict)
    published: list[tuple[str, bytes, BasicProperties]] = field(default_factory=list)
    attempts: list[int | None] = field(default_factory=list)

    def publish(
        self,
        routing_key: str,
        content: bytes,
        properties: BasicProperties,
        attempts: int | None = None,
    ) -> None:
        self.attempts.append(attempts)
        if routing_key in self.failures:
            raise self.failures[routing_key]
        self.published.append((routing_key, content, properties))

    def headers(self) -> Mapping[str, Any]:
        """The AMQP headers of the latest."""
        return self.published[-1][2].headers or {}


def context(broker: Broker, step: Mapping[str, Any] | None = None, **settings: str) -> StepContext:
    """Return the context of a step that publishes to a list."""
    variables = {"ELASTICIO_FUNCTION": "collect"}
    variables |= {f"ELASTICIO_{name}": value for name, value in settings.items()}
    read = Settings.read({**ENVIRON, **variables})
    errors = ErrorReporter(read, CIPHER, cast("Publisher", broker))
    return StepContext.of(COMPONENT, MODULE, step or {}, errors, RestApi(read))
