"""botocore's data on Amazon ECR, and on nothing that the host adds to it."""

from functools import cache
from typing import Any

from botocore.loaders import Loader

# The versions of the APIs, which name their folders. botocore's way to find the latest one lists
# the folders of all of AWS's services: 9 ms at each start.
VERSIONS = {"ecr": "2015-09-21", "sts": "2011-06-15"}


def service_data(service: str, kind: str) -> Any:
    """Return what botocore knows of a service, such as its ``endpoint-rule-set-1``."""
    return data(f"{service}/{VERSIONS[service]}/{kind}")


def data(name: str) -> Any:
    """Return data that botocore ships, such as ``partitions``."""
    return _loader().load_data(name)


@cache
def _loader() -> Loader:
    # The default search path holds ~/.aws/models and AWS_DATA_PATH too: they belong to the host,
    # not to the flow.
    return Loader(extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)
