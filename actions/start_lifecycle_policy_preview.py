"""Start Lifecycle Policy Preview: try a lifecycle policy on a repository, and expire nothing.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_StartLifecyclePolicyPreview.html
"""

from lib.component import ecr_action, repositories

__all__ = ["process", "repositories"]

process = ecr_action("StartLifecyclePolicyPreview")
