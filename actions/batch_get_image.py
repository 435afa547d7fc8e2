"""Batch Get Image: the manifests of up to a hundred images.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetImage.html
"""

from lib.component import ecr_action, repositories

__all__ = ["process", "repositories"]

process = ecr_action("BatchGetImage")
