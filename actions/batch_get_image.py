"""Batch Get Image: the manifests of up to a hundred images.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetImage.html
"""

from lib.component import ecr_action, ecr_metadata, repositories

__all__ = ["get_meta_model", "process", "repositories"]

process = ecr_action("BatchGetImage")
get_meta_model = ecr_metadata("BatchGetImage")
