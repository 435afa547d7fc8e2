"""An ECR operation as a platform action, or as a trigger: message, parameters, call, message."""

from lib.component.action import ecr_action
from lib.component.errors import InvalidMessageError
from lib.component.new_images import new_images
from lib.component.repositories import repositories
from lib.component.verification import verify

__all__ = ["InvalidMessageError", "ecr_action", "new_images", "repositories", "verify"]
