"""Initiate Layer Upload: open the upload of a layer, and learn its upload ID.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_InitiateLayerUpload.html
"""

from lib.component import ecr_action

process = ecr_action("InitiateLayerUpload")
