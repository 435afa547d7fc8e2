"""Set Repository Policy: say who may do what with a repository.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_SetRepositoryPolicy.html
"""

from lib.component import ecr_action, repositories

__all__ = ["process", "repositories"]

process = ecr_action("SetRepositoryPolicy")
