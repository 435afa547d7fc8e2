"""Batch Get Image: the manifests of up to a hundred images.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetImage.html
"""

from lib.component import ecr_action

process = ecr_action("BatchGetImage")
