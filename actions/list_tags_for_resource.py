"""List Tags for Resource: the keys and values a repository is tagged with.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListTagsForResource.html
"""

from lib.component import ecr_action

process = ecr_action("ListTagsForResource")
