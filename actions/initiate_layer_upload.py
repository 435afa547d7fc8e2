"""Initiate Layer Upload: open the upload of a layer, and learn its upload ID.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_InitiateLayerUpload.html
"""

from lib.component import ecr_action, ecr_metadata, repositories

__all__ = ["get_meta_model", "process", "repositories"]

process = ecr_action("InitiateLayerUpload")
get_meta_model = ecr_metadata("InitiateLayerUpload")
