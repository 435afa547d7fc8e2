"""New Images: a message for each image pushed since the last run.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html
"""

from lib.component import repositories
from lib.component.triggers.new_images.trigger import process

__all__ = ["process", "repositories"]
