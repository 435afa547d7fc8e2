"""A step's connection to Amazon ECR: from the credentials in its cfg to a client."""

import os
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from lib.component.cfg import Cfg, is_ticked, text
from lib.component.errors import InvalidFieldError
from lib.component.field_names import label
from lib.ecr import Client, Configuration, InvalidConfigurationError, connect

# Each field with the setting of a configuration that it holds, and how to read it.
_FIELDS: dict[str, tuple[str, Callable[[Cfg, str], Any]]] = {
    "accessKeyId": ("access_key_id", text),
    "secretAccessKey": ("secret_access_key", text),
    "sessionToken": ("session_token", text),
    "region": ("region", text),
    "endpoint": ("endpoint", text),
    "roleArn": ("role_arn", text),
    "externalId": ("external_id", text),
    "useFips": ("use_fips", is_ticked),
    "useDualStack": ("use_dual_stack", is_ticked),
}
_LONGEST_NAME = 64


def client_of(cfg: Cfg) -> Client:
    """Return the client for a step's cfg; equal credentials share one.

    Raises:
        InvalidConfigurationError: All that is wrong with the credentials.
    """
    return connect(configuration_of(cfg))


def configuration_of(cfg: Cfg) -> Configuration:
    """Read the credentials from a step's cfg; blanks around a text are dropped.

    If a role is assumed, its session is named after the flow.

    Args:
        cfg: ``accessKeyId``, ``secretAccessKey``, ``sessionToken``, ``region``, ``endpoint``,
            ``roleArn``, ``externalId``, ``useFips`` and ``useDualStack``; other members are
            ignored.

    Raises:
        InvalidConfigurationError: All that is wrong with the credentials; it shows no secret.
    """
    faults: dict[str, str] = {}
    settings: dict[str, Any] = {"region": None}
    for field, (setting, read) in _FIELDS.items():
        if field in cfg:
            try:
                value = read(cfg, field)
            except InvalidFieldError as error:
                faults[field] = error.fault
            else:
                settings[setting] = value.strip() if isinstance(value, str) else value
    if flow := os.environ.get("ELASTICIO_FLOW_ID"):  # not on a laptop, nor for the screens
        settings["session_name"] = _session_name(flow)
    try:
        configuration = Configuration.create(**settings)
    except InvalidConfigurationError as error:
        # A field of the wrong type was left out, but it is not missing.
        faults = error.by_setting | faults
    if faults:
        raise labelled(InvalidConfigurationError(faults))
    return configuration


def labelled(error: InvalidConfigurationError) -> InvalidConfigurationError:
    """Return an error that names each field by its label too: ``Access Key ID (accessKeyId)``.

    A field whose name is a word, such as ``region``, is named only at the beginning of a sentence.
    """
    names = "|".join(name for name in _FIELDS if not name.islower())

    def sentence(field: str, fault: str) -> str:
        named = rf"^{field}\b|(?<!\()\b(?:{names})\b"
        return re.sub(named, lambda name: f"{label(name[0])} ({name[0]})", fault)

    return InvalidConfigurationError({f: sentence(f, text) for f, text in error.by_setting.items()})


@cache
def _session_name(flow: str) -> str:
    return re.sub(r"[^0-9A-Za-z_+=,.@-]", "-", f"flowground-{flow}")[:_LONGEST_NAME]
