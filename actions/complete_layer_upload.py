"""Complete Layer Upload: close the upload of a layer, and have its digest verified.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CompleteLayerUpload.html
"""

from lib.component import ecr_action, repositories

__all__ = ["process", "repositories"]

process = ecr_action("CompleteLayerUpload")
