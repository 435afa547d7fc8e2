"""Get Repository Policy: who may do what with a repository.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetRepositoryPolicy.html
"""

from lib.component import ecr_action, ecr_metadata, repositories

__all__ = ["get_meta_model", "process", "repositories"]

process = ecr_action("GetRepositoryPolicy")
get_meta_model = ecr_metadata("GetRepositoryPolicy")
