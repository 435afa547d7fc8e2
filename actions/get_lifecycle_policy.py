"""Get Lifecycle Policy: the rules by which a repository's images expire.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetLifecyclePolicy.html
"""

from lib.component import ecr_action, ecr_metadata, repositories

__all__ = ["get_meta_model", "process", "repositories"]

process = ecr_action("GetLifecyclePolicy")
get_meta_model = ecr_metadata("GetLifecyclePolicy")
