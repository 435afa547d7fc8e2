"""Delete Lifecycle Policy: let a repository keep its images from now on.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteLifecyclePolicy.html
"""

from lib.component import ecr_action, repositories

__all__ = ["process", "repositories"]

process = ecr_action("DeleteLifecyclePolicy")
