"""Image Event: what Amazon ECR tells of its images, by way of Amazon EventBridge.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
"""

from lib.component.triggers.image_event.trigger import process

__all__ = ["process"]
