"""What all messages of a running step share."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Self

from lib.sailor import json_text
from lib.sailor.component import Component, process_of
from lib.sailor.error_report import ErrorReporter
from lib.sailor.object_storage import ObjectStorage
from lib.sailor.rate_limit import RateLimit
from lib.sailor.rest_api import RestApi
from lib.sailor.settings import Settings
from lib.sailor.snapshot import Snapshot
from lib.sailor.step import Process
from lib.sailor.wire import largest_message


@dataclass(frozen=True)
class StepContext:
    """What all messages of a running step share; safe to use from any thread.

    Args:
        settings: The step's settings.
        process: The component's handler.
        config: The step's cfg as JSON text, so that each handler gets its own copy.
        account: The id of the account whose keys ``updateKeys`` replaces.
        variables: The flow's variables.
        snapshot: The step's snapshot.
        is_passthrough: Whether messages carry those of earlier steps.
        fetches_bodies: Whether stored bodies of incoming messages are fetched.
        message_size_limit: How many bytes of JSON a message may have.
        errors: Publishes errors; it holds the publisher and the cipher too.
        api: The platform's REST API.
        storage: The object storage.
        data_rate, error_rate, snapshot_rate: The limits of the events.
    """

    settings: Settings
    process: Process
    config: bytes
    account: Any
    variables: Mapping[str, Any]
    snapshot: Snapshot
    is_passthrough: bool
    fetches_bodies: bool
    message_size_limit: int
    errors: ErrorReporter
    api: RestApi
    storage: ObjectStorage
    data_rate: RateLimit
    error_rate: RateLimit
    snapshot_rate: RateLimit

    @classmethod
    def of(
        cls,
        component: Component,
        module: ModuleType,
        step: Mapping[str, Any],
        errors: ErrorReporter,
        api: RestApi,
    ) -> Self:
        """Return the context of a step.

        Args:
            component: The component.
            module: Its module behind the step's action or trigger.
            step: The step's data, as the REST API returns it.
            errors: Publishes errors.
            api: The platform's REST API.

        Raises:
            ComponentError: The module has no handler.
        """
        settings = errors.settings
        config = step.get("config") or {}
        entry = component.entry(settings.function)
        return cls(
            settings=settings,
            process=process_of(module, settings.function),
            config=json_text.dump(config),
            account=config.get("_account"),
            variables=step.get("variables") or {},
            snapshot=Snapshot(step.get("snapshot") or {}),
            is_passthrough=step.get("is_passthrough") is True,
            fetches_bodies=bool(entry.get("autoResolveObjectReferences", True)),
            message_size_limit=largest_message(settings),
            errors=errors,
            api=api,
            storage=ObjectStorage(settings, errors.cipher),
            data_rate=RateLimit(settings.data_rate_limit, settings.rate_interval),
            error_rate=RateLimit(settings.error_rate_limit, settings.rate_interval),
            snapshot_rate=RateLimit(settings.snapshot_rate_limit, settings.rate_interval),
        )
