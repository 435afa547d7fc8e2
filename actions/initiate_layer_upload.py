"""Initiate Layer Upload: open the upload of a layer, and learn its upload ID.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_InitiateLayerUpload.html
"""

from lib.component import ecr_action, repositories

__all__ = ["process", "repositories"]

process = ecr_action("InitiateLayerUpload")
