"""A push's place in the order of all pushes; the trigger New Images keeps the last as snapshot."""

import math
from typing import Any, NamedTuple, Self

from lib.component.errors import SnapshotError

_NEEDED = (
    'an object with "pushedAt", a number of seconds since 1970, and with "repositoryName" and '
    '"imageDigest", texts that may be empty'
)


class Place(NamedTuple):
    """Where a push stands among all pushes of a registry.

    They go by time. Amazon ECR's times are whole seconds, so repository and digest decide among
    those of the same second. Without a repository it is the place before all pushes of a time.

    Args:
        pushed_at: The push's time, in seconds since 1970, as Amazon ECR tells it.
        repository: The repository's name.
        digest: The image's digest.
    """

    pushed_at: float
    repository: str = ""
    digest: str = ""

    @classmethod
    def from_snapshot(cls, snapshot: Any) -> Self | None:
        """Return the place that a snapshot holds; None for that of a step that has never run.

        Raises:
            SnapshotError: It holds something else.
        """
        if not snapshot:
            return None
        match snapshot:
            case {
                "pushedAt": int() | float() as time,
                "repositoryName": str() as repository,
                "imageDigest": str() as digest,
            } if math.isfinite(time) and not isinstance(time, bool):
                return cls(time, repository, digest)
        raise SnapshotError(snapshot, _NEEDED)

    def as_snapshot(self) -> dict[str, Any]:
        """Return the place as a snapshot, well below 1 KB."""
        return {
            "pushedAt": self.pushed_at,
            "repositoryName": self.repository,
            "imageDigest": self.digest,
        }
