"""Data about AWS that botocore ships, without anything that the host adds to it."""

from functools import cache
from typing import Any

from botocore.loaders import Loader

# The folders of the APIs are named by their versions. To find the latest one, botocore would list
# the folders of all services: 9 ms at each start.
VERSIONS = {"ecr": "2015-09-21", "sts": "2011-06-15"}


def service_data(service: str, kind: str) -> Any:
    """Return a document about a service, such as its ``endpoint-rule-set-1``."""
    return data(f"{service}/{VERSIONS[service]}/{kind}")


def data(name: str) -> Any:
    """Return a document that botocore ships, such as ``partitions``."""
    return _loader().load_data(name)


@cache
def _loader() -> Loader:
    # The default search path includes ~/.aws/models and AWS_DATA_PATH: they belong to the host, not
    # to the flow.
    return Loader(extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)
