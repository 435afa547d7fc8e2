"""Batch Delete Image: remove tags from images, or images with all their tags.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchDeleteImage.html
"""

from lib.component import ecr_action, ecr_metadata, repositories

__all__ = ["get_meta_model", "process", "repositories"]

process = ecr_action("BatchDeleteImage")
get_meta_model = ecr_metadata("BatchDeleteImage")
