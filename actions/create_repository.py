"""Create Repository: a new, empty repository, with its tags, encryption and tag rules.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
"""

from lib.component import ecr_action, ecr_metadata

process = ecr_action("CreateRepository")
get_meta_model = ecr_metadata("CreateRepository")
