"""Positions in the order of all pushes; the trigger New Images keeps the last as its snapshot."""

import math
from typing import Any, NamedTuple, Self

from lib.component.errors import InvalidSnapshotError
from lib.component.wording import excerpt

_EXPECTED = (
    'an object with "pushedAt", a number of seconds since 1970, and with "repositoryName" and '
    '"imageDigest", strings that may be empty'
)


class Cursor(NamedTuple):
    """The position of a push among all pushes of a registry.

    Pushes are ordered by time; Amazon ECR's times are whole seconds, so those of the same second by
    repository and digest. Without a repository, it is the position before all pushes of a time.

    Args:
        pushed_at: The push's time, in seconds since 1970.
        repository: The repository's name.
        digest: The image's digest.
    """

    pushed_at: float
    repository: str = ""
    digest: str = ""

    @classmethod
    def from_snapshot(cls, snapshot: Any) -> Self | None:
        """Return the position that a snapshot holds; None if the step has never run.

        Raises:
            InvalidSnapshotError: It holds anything else.
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
        raise InvalidSnapshotError(excerpt(snapshot), _EXPECTED)

    def as_snapshot(self) -> dict[str, Any]:
        """Return the position as a snapshot, well below 1 KB."""
        return {
            "pushedAt": self.pushed_at,
            "repositoryName": self.repository,
            "imageDigest": self.digest,
        }
