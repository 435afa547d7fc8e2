"""Delete Lifecycle Policy: let a repository keep its images from now on.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteLifecyclePolicy.html
"""

from lib.component import ecr_action, ecr_metadata, repositories

__all__ = ["get_meta_model", "process", "repositories"]

process = ecr_action("DeleteLifecyclePolicy")
get_meta_model = ecr_metadata("DeleteLifecyclePolicy")
