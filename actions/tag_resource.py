"""Tag Resource: add keys and values to a repository, or change values.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_TagResource.html
"""

from lib.component import ecr_action, ecr_metadata, repository_arns

__all__ = ["get_meta_model", "process", "repository_arns"]

process = ecr_action("TagResource")
get_meta_model = ecr_metadata("TagResource")
