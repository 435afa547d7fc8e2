"""Amazon ECR as actions and triggers of the platform. Knows both sides."""

import logging

from lib.component.errors import InvalidMessageError
from lib.component.operation.action import ecr_action
from lib.component.screens.credentials import verify
from lib.component.screens.metadata import ecr_metadata
from lib.component.screens.repositories import repositories, repository_arns
from lib.component.screens.tags import tags

__all__ = [
    "InvalidMessageError",
    "ecr_action",
    "ecr_metadata",
    "repositories",
    "repository_arns",
    "tags",
    "verify",
]

# What happens in lib.ecr belongs to the component's own log.
logging.getLogger("lib.ecr").parent = logging.getLogger("component")
