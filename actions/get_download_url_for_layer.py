"""Get Download URL for Layer: a pre-signed address to download a layer from.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetDownloadUrlForLayer.html
"""

from lib.component import ecr_action, repositories

__all__ = ["process", "repositories"]

process = ecr_action("GetDownloadUrlForLayer")
