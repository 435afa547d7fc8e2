"""Upload Layer Part: send the next piece of a layer.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_UploadLayerPart.html
"""

from lib.component import ecr_action, ecr_metadata, repositories

__all__ = ["get_meta_model", "process", "repositories"]

process = ecr_action("UploadLayerPart")
get_meta_model = ecr_metadata("UploadLayerPart")
