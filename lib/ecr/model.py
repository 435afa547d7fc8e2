"""botocore's data on Amazon ECR, and on nothing that the host adds to it."""

from functools import cache

from botocore.loaders import Loader


@cache
def loader() -> Loader:
    """Return a loader of the data that botocore ships.

    The default search path holds ``~/.aws/models`` and ``AWS_DATA_PATH`` too: they belong to the
    host, not to the flow.
    """
    return Loader(extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)
