"""Get Download URL for Layer: a pre-signed address to download a layer from.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetDownloadUrlForLayer.html
"""

from lib.component import ecr_action

process = ecr_action("GetDownloadUrlForLayer")
