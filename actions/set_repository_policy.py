"""Set Repository Policy: say who may do what with a repository.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_SetRepositoryPolicy.html
"""

from lib.component import ecr_action, ecr_metadata, repositories

__all__ = ["get_meta_model", "process", "repositories"]

process = ecr_action("SetRepositoryPolicy")
get_meta_model = ecr_metadata("SetRepositoryPolicy")
