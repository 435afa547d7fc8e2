"""List Tags for Resource: the keys and values a repository is tagged with.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListTagsForResource.html
"""

from lib.component import ecr_action, ecr_metadata, repository_arns

__all__ = ["get_meta_model", "process", "repository_arns"]

process = ecr_action("ListTagsForResource")
get_meta_model = ecr_metadata("ListTagsForResource")
