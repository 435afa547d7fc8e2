"""The settings that the platform passes in ``ELASTICIO_*`` environment variables.

The fields of :class:`Settings` are the table: a field's name, its type and its default are those
of the variable. docs/platform.md, "Environment", explains each.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from lib.sailor.errors import SettingsError
from lib.sailor.logs import LEVELS

PREFIX = "ELASTICIO_"
UNBOUNDED = sys.maxsize

_IV_SIZE = 16
# Only for processing messages: a container that runs the shutdown hook has none of them.
_FOR_MESSAGES = {"for_messages": True}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All that a step is started with. Sizes are in bytes, times in milliseconds."""

    flow_id: str
    exec_id: str
    step_id: str
    container_id: str
    workspace_id: str
    user_id: str
    comp_id: str
    function: str

    api_uri: str
    api_username: str
    api_key: str = field(repr=False)
    api_request_retry_attempts: int = 3
    api_request_retry_delay: int = 100

    amqp_uri: str = field(default="", repr=False, metadata=_FOR_MESSAGES)
    listen_messages_on: str = field(default="", metadata=_FOR_MESSAGES)
    publish_messages_to: str = field(default="", metadata=_FOR_MESSAGES)
    data_routing_key: str = field(default="", metadata=_FOR_MESSAGES)
    error_routing_key: str = field(default="", metadata=_FOR_MESSAGES)
    rebound_routing_key: str = field(default="", metadata=_FOR_MESSAGES)
    snapshot_routing_key: str = field(default="", metadata=_FOR_MESSAGES)
    message_crypto_iv: str = field(default="", repr=False, metadata=_FOR_MESSAGES)
    message_crypto_password: str = field(default="", repr=False, metadata=_FOR_MESSAGES)

    component_path: str = ""
    startup_required: bool = False
    hook_shutdown: bool = False

    rabbitmq_prefetch_sailor: int = 1
    amqp_reconnect_attempts: int = 3
    amqp_reconnect_timeout: int = 100
    amqp_persistent_messages: bool = False
    amqp_publish_retry_attempts: int = UNBOUNDED
    amqp_publish_retry_delay: int = 100
    amqp_publish_max_retry_delay: int = 300_000
    amqp_publish_confirm_timeout: int = 30_000  # ours alone: the platform has no such limit

    input_format: str = "default"
    protocol_version: int = 1
    outgoing_message_size_limit: int = 10_485_760
    no_self_passtrhough: bool = False  # the platform's spelling
    no_error_replies: bool = False
    rebound_initial_expiration: int = 15_000
    rebound_limit: int = 20

    data_rate_limit: int = 10
    error_rate_limit: int = 2
    snapshot_rate_limit: int = 2
    rate_interval: int = 100

    emit_lightweight_message: bool = False
    object_storage_uri: str = ""
    object_storage_token: str = field(default="", repr=False)
    object_storage_size_threshold: int = 1_048_576

    additional_headers: Mapping[str, str] = field(default_factory=dict, metadata={"derived": True})

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Self:
        """Read the settings of a step.

        Args:
            environ: The process's environment variables.

        Raises:
            SettingsError: A variable is missing or malformed.
        """
        hook_shutdown = _boolean(environ.get(f"{PREFIX}HOOK_SHUTDOWN"), default=False)
        values: dict[str, Any] = {"additional_headers": _additional_headers(environ)}
        for setting in fields(cls):
            if setting.metadata.get("derived"):
                continue
            mandatory = setting.metadata.get("for_messages") and not hook_shutdown
            values[setting.name] = _value(setting, environ, mandatory=bool(mandatory))
        settings = cls(**values)
        settings._check_formats()
        return settings

    def secrets(self) -> Iterator[str]:
        """Yield the texts that must not appear in any log line."""
        password = urlsplit(self.amqp_uri).password or ""
        yield from (
            self.api_key,
            self.message_crypto_password,
            self.message_crypto_iv,
            self.object_storage_token,
            password,
            unquote(password),
        )

    def _check_formats(self) -> None:
        if self.input_format not in ("default", "error"):
            raise SettingsError(f"{PREFIX}INPUT_FORMAT must be 'default' or 'error'")
        if not _is_url(self.api_uri, "http", "https"):
            raise SettingsError(f"{PREFIX}API_URI must be an http or https address")
        if self.object_storage_uri and not _is_url(self.object_storage_uri, "http", "https"):
            raise SettingsError(f"{PREFIX}OBJECT_STORAGE_URI must be an http or https address")
        if self.hook_shutdown:
            return
        if not _is_url(self.amqp_uri, "amqp", "amqps"):
            raise SettingsError(f"{PREFIX}AMQP_URI must be an amqp or amqps address")
        if len(self.message_crypto_iv.encode()) != _IV_SIZE:
            raise SettingsError(f"{PREFIX}MESSAGE_CRYPTO_IV must have {_IV_SIZE} bytes")


def outgoing_message_size_limit(environ: Mapping[str, str]) -> int:
    """Return that one setting, where there is no platform that gives the others.

    Raises:
        SettingsError: It is malformed.
    """
    (setting,) = (
        known for known in fields(Settings) if known.name == "outgoing_message_size_limit"
    )
    limit: int = _value(setting, environ, mandatory=False)
    return limit


def log_level(environ: Mapping[str, str]) -> str:
    """Return the level of the log, ``info`` unless ``LOG_LEVEL`` says otherwise.

    Raises:
        SettingsError: There is no such level.
    """
    level = environ.get("LOG_LEVEL") or "info"
    if level not in LEVELS:
        raise SettingsError(f"LOG_LEVEL must be one of {', '.join(LEVELS)}")
    return level


def _value(setting: Field[Any], environ: Mapping[str, str], *, mandatory: bool) -> Any:
    variable = PREFIX + setting.name.upper()
    text = environ.get(variable)
    if setting.type is bool:
        return _boolean(text, default=bool(setting.default))
    if not text:
        if mandatory or not isinstance(setting.default, str | int):
            raise SettingsError(f"{variable} is missing")
        return setting.default
    if setting.type is int:
        # The platform reads 0 as "not set".
        return _integer(variable, text) or setting.default
    return text


def _integer(variable: str, text: str) -> int:
    if not re.fullmatch(r"\s*\d{1,18}\s*", text, re.ASCII):
        raise SettingsError(f"{variable} must be a whole number")
    return int(text)


def _boolean(text: str | None, *, default: bool) -> bool:
    return default if text is None else text not in ("", "false")


def _is_url(text: str, *schemes: str) -> bool:
    try:
        url = urlsplit(text)
        return url.scheme in schemes and bool(url.hostname) and url.port != 0
    except ValueError:
        return False


def _additional_headers(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that go into every message's headers, by the header's name.

    Raises:
        SettingsError: One of them holds a secret.
    """
    variable = f"{PREFIX}ADDITIONAL_VARS_FOR_HEADERS"
    variables = [name.strip() for name in environ.get(variable, "").split(",")]
    for setting in fields(Settings):
        if not setting.repr and (secret := PREFIX + setting.name.upper()) in variables:
            raise SettingsError(f"{variable} names {secret}, which is secret")
    return {
        _camel_case(name.removeprefix(PREFIX)): environ[name]
        for name in variables
        if name in environ
    }


def _camel_case(name: str) -> str:
    """Return a variable's name in camelCase; digits count as a word."""
    words: list[str] = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)
    return "".join(word.capitalize() if place else word.lower() for place, word in enumerate(words))
