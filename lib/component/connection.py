"""From a step's cfg to Amazon ECR."""

import os
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from lib.ecr import Client, Configuration, connect

_LONGEST_NAME = 64


def client_of(cfg: Mapping[str, Any]) -> Client:
    """Return the client for a step's cfg; in the session of an assumed role it names the flow.

    Raises:
        ConfigurationError: All that is wrong with the cfg.
    """
    flow = os.environ.get("ELASTICIO_FLOW_ID")
    if not flow:  # on a laptop, or on the screens before a flow is
        return connect(Configuration.from_cfg(cfg))
    return connect(Configuration.from_cfg(cfg, _session_name(flow)))


@cache
def _session_name(flow: str) -> str:
    return re.sub(r"[^0-9A-Za-z_+=,.@-]", "-", f"flowground-{flow}")[:_LONGEST_NAME]
