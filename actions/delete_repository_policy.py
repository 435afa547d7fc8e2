"""Delete Repository Policy: take back what a repository's policy granted.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteRepositoryPolicy.html
"""

from lib.component import ecr_action, repositories

__all__ = ["process", "repositories"]

process = ecr_action("DeleteRepositoryPolicy")
