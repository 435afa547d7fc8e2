"""An ECR operation as a platform action, or as a trigger: message, parameters, call, message."""

from lib.component.errors import InvalidMessageError
from lib.component.operation.action import ecr_action
from lib.component.screens.credentials import verify
from lib.component.screens.repositories import repositories
from lib.component.triggers.new_images.trigger import new_images

__all__ = ["InvalidMessageError", "ecr_action", "new_images", "repositories", "verify"]
