"""Settings: the table, its defaults, and what is said about a mistake."""

from dataclasses import fields
from pathlib import Path

import pytest

from lib.sailor.errors import SettingsError
from lib.sailor.settings import UNBOUNDED, Settings, log_level
from tests.support.settings import ENVIRON, FOR_MESSAGES

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "platform.md"


def test_defaults_are_the_platforms() -> None:
    settings = Settings.read(ENVIRON)

    assert settings.rabbitmq_prefetch_sailor == 1
    assert settings.rebound_initial_expiration == 15000
    assert settings.amqp_publish_retry_attempts == UNBOUNDED
    assert settings.outgoing_message_size_limit == 10485760
    assert settings.input_format == "default"
    assert settings.object_storage_uri == ""
    assert settings.additional_headers == {}


@pytest.mark.parametrize("variable", ENVIRON)
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_setting_is_named(variable: str, value: str | None) -> None:
    environ = {name: text for name, text in ENVIRON.items() if name != variable}
    if value is not None:
        environ[variable] = value

    with pytest.raises(SettingsError, match=f"^{variable} is missing$"):
        Settings.read(environ)


@pytest.mark.parametrize("variable", FOR_MESSAGES)
def test_the_shutdown_hook_needs_no_broker(variable: str) -> None:
    environ = {name: text for name, text in ENVIRON.items() if name != variable}

    assert Settings.read({**environ, "ELASTICIO_HOOK_SHUTDOWN": "1"}).hook_shutdown


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ELASTICIO_RABBITMQ_PREFETCH_SAILOR", "many"),
        ("ELASTICIO_RATE_INTERVAL", "-1"),
        ("ELASTICIO_REBOUND_LIMIT", "1.5"),
        ("ELASTICIO_INPUT_FORMAT", "xml"),
        ("ELASTICIO_MESSAGE_CRYPTO_IV", "too short"),
        ("ELASTICIO_AMQP_URI", "http://broker.example.com"),
        ("ELASTICIO_AMQP_URI", "amqp://"),
        ("ELASTICIO_AMQP_URI", "amqp://me:secret@[::1"),
        ("ELASTICIO_API_URI", "api.example.com"),
        ("ELASTICIO_API_URI", "http://api.example.com:port"),
        ("ELASTICIO_OBJECT_STORAGE_URI", "storage"),
    ],
)
def test_a_malformed_setting_is_named_but_not_shown(variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{variable} must ") as refusal:
        Settings.read({**ENVIRON, variable: value})

    assert value not in str(refusal.value)


def test_a_number_of_zero_means_the_default() -> None:
    environ = {**ENVIRON, "ELASTICIO_REBOUND_LIMIT": "0", "ELASTICIO_DATA_RATE_LIMIT": " 7 "}

    settings = Settings.read(environ)

    assert (settings.rebound_limit, settings.data_rate_limit) == (20, 7)


@pytest.mark.parametrize(("text", "value"), [("", False), ("false", False), ("0", True)])
def test_a_boolean_is_true_unless_empty_or_false(text: str, value: object) -> None:
    environ = {**ENVIRON, "ELASTICIO_NO_ERROR_REPLIES": text}

    assert Settings.read(environ).no_error_replies is value


@pytest.mark.parametrize(
    "secret", ["API_KEY", "AMQP_URI", "MESSAGE_CRYPTO_PASSWORD", "OBJECT_STORAGE_TOKEN"]
)
def test_no_secret_becomes_a_header(secret: str) -> None:
    variable = "ELASTICIO_ADDITIONAL_VARS_FOR_HEADERS"

    with pytest.raises(SettingsError) as raised:
        Settings.read({**ENVIRON, variable: f"ELASTICIO_TENANT_ID,ELASTICIO_{secret}"})

    assert str(raised.value) == f"{variable} names ELASTICIO_{secret}, which is secret"


def test_additional_variables_become_headers_in_camel_case() -> None:
    environ = {
        **ENVIRON,
        "ELASTICIO_ADDITIONAL_VARS_FOR_HEADERS": "ELASTICIO_TENANT_ID, OTHER_VAR2_X,ABSENT,",
        "ELASTICIO_TENANT_ID": "t",
        "OTHER_VAR2_X": "o",
    }

    assert Settings.read(environ).additional_headers == {"tenantId": "t", "otherVar2X": "o"}


def test_secrets_are_neither_shown_nor_forgotten() -> None:
    settings = Settings.read({**ENVIRON, "ELASTICIO_OBJECT_STORAGE_TOKEN": "storage-secret"})

    secrets = set(settings.secrets())

    assert secrets >= {"api-secret", "crypto-secret", "storage-secret", "p%40ss", "p@ss"}
    assert not any(secret in repr(settings) for secret in secrets)


def test_every_setting_is_documented() -> None:
    documentation = DOCUMENTATION.read_text()

    for setting in fields(Settings):
        if not setting.metadata.get("derived"):
            assert f"`{setting.name.upper()}`" in documentation


def test_the_log_has_a_level() -> None:
    assert log_level({}) == "info"
    assert log_level({"LOG_LEVEL": "trace"}) == "trace"
    with pytest.raises(SettingsError, match=r"^LOG_LEVEL must be one of trace"):
        log_level({"LOG_LEVEL": "loud"})
