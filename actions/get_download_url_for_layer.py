"""Get Download URL for Layer: a pre-signed address to download a layer from.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetDownloadUrlForLayer.html
"""

from lib.component import ecr_action, ecr_metadata, repositories

__all__ = ["get_meta_model", "process", "repositories"]

process = ecr_action("GetDownloadUrlForLayer")
get_meta_model = ecr_metadata("GetDownloadUrlForLayer")
