"""Get Lifecycle Policy Preview: which images a previewed lifecycle policy would expire.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetLifecyclePolicyPreview.html
"""

from lib.component import ecr_action, ecr_metadata, repositories

__all__ = ["get_meta_model", "process", "repositories"]

process = ecr_action("GetLifecyclePolicyPreview")
get_meta_model = ecr_metadata("GetLifecyclePolicyPreview")
