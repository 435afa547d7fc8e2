"""Delete Repository: remove a repository; with force, its images too.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteRepository.html
"""

from lib.component import ecr_action, ecr_metadata, repositories

__all__ = ["get_meta_model", "process", "repositories"]

process = ecr_action("DeleteRepository")
get_meta_model = ecr_metadata("DeleteRepository")
