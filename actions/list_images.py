"""List Images: the digests and tags of a repository's images.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListImages.html
"""

from lib.component import ecr_action, repositories

__all__ = ["process", "repositories"]

process = ecr_action("ListImages")
