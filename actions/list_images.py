"""List Images: the digests and tags of a repository's images.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListImages.html
"""

from lib.component import ecr_action, ecr_metadata, repositories

__all__ = ["get_meta_model", "process", "repositories"]

process = ecr_action("ListImages")
get_meta_model = ecr_metadata("ListImages")
