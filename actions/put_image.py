"""Put Image: store a manifest whose layers are there, and tag it.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImage.html
"""

from lib.component import ecr_action, ecr_metadata, repositories

__all__ = ["get_meta_model", "process", "repositories"]

process = ecr_action("PutImage")
get_meta_model = ecr_metadata("PutImage")
