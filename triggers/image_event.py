"""Image Event: a message for each event of Amazon ECR, by way of Amazon EventBridge.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
"""

from lib.component.triggers.image_event.trigger import process

__all__ = ["process"]
