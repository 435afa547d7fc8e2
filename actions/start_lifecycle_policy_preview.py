"""Start Lifecycle Policy Preview: try a lifecycle policy on a repository, and expire nothing.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_StartLifecyclePolicyPreview.html
"""

from lib.component import ecr_action, ecr_metadata, repositories

__all__ = ["get_meta_model", "process", "repositories"]

process = ecr_action("StartLifecyclePolicyPreview")
get_meta_model = ecr_metadata("StartLifecyclePolicyPreview")
