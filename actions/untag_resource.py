"""Untag Resource: remove keys, and their values, from a repository.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_UntagResource.html
"""

from lib.component import ecr_action, ecr_metadata, repository_arns

__all__ = ["get_meta_model", "process", "repository_arns"]

process = ecr_action("UntagResource")
get_meta_model = ecr_metadata("UntagResource")
