"""Put Image: store a manifest whose layers are there, and tag it.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImage.html
"""

from lib.component import ecr_action, repositories

__all__ = ["process", "repositories"]

process = ecr_action("PutImage")
