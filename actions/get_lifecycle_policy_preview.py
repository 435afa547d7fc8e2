"""Get Lifecycle Policy Preview: which images a previewed lifecycle policy would expire.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetLifecyclePolicyPreview.html
"""

from lib.component import ecr_action, repositories

__all__ = ["process", "repositories"]

process = ecr_action("GetLifecyclePolicyPreview")
