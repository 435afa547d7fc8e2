"""Delete Repository Policy: take back what a repository's policy granted.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteRepositoryPolicy.html
"""

from lib.component import ecr_action, ecr_metadata, repositories

__all__ = ["get_meta_model", "process", "repositories"]

process = ecr_action("DeleteRepositoryPolicy")
get_meta_model = ecr_metadata("DeleteRepositoryPolicy")
