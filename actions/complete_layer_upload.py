"""Complete Layer Upload: close the upload of a layer, and have its digest verified.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CompleteLayerUpload.html
"""

from lib.component import ecr_action, ecr_metadata, repositories

__all__ = ["get_meta_model", "process", "repositories"]

process = ecr_action("CompleteLayerUpload")
get_meta_model = ecr_metadata("CompleteLayerUpload")
