"""A step's connection to Amazon ECR: from the credentials in its cfg to a client."""

import os
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from lib.component.cfg import Cfg, is_ticked, text
from lib.component.errors import InvalidFieldError
from lib.ecr import Client, Configuration, InvalidConfigurationError, connect

# The parameters of a configuration, each with the field that holds it.
_TEXTS = {
    "access_key_id": "accessKeyId",
    "secret_access_key": "secretAccessKey",
    "session_token": "sessionToken",
    "region": "region",
    "endpoint": "endpoint",
    "role_arn": "roleArn",
    "external_id": "externalId",
}
_CHECK_BOXES = {"use_fips": "useFips", "use_dual_stack": "useDualStack"}
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

    def read(kind: Callable[[Cfg, str], Any], field: str) -> Any:
        try:
            return kind(cfg, field)
        except InvalidFieldError as error:
            faults[field] = str(error)
            return None

    settings = {name: read(_stripped, field) for name, field in _TEXTS.items()}
    settings |= {name: read(is_ticked, field) for name, field in _CHECK_BOXES.items()}
    if flow := os.environ.get("ELASTICIO_FLOW_ID"):  # not on a laptop, nor for the screens
        settings["session_name"] = _session_name(flow)
    try:
        configuration = Configuration.create(**settings)
    except InvalidConfigurationError as error:
        # A field of the wrong type was passed on as if it were empty: it is not missing.
        raise InvalidConfigurationError(error.by_setting | faults) from None
    if faults:
        raise InvalidConfigurationError(faults)
    return configuration


def _stripped(cfg: Cfg, field: str) -> str:
    return text(cfg, field).strip()


@cache
def _session_name(flow: str) -> str:
    return re.sub(r"[^0-9A-Za-z_+=,.@-]", "-", f"flowground-{flow}")[:_LONGEST_NAME]
