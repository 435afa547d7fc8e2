"""New Images: a message for each image that was pushed since the last run.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html
"""

from lib.component import new_images, repositories

__all__ = ["process", "repositories"]

process = new_images
