"""Untag Resource: remove keys, and their values, from a repository.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_UntagResource.html
"""

from lib.component import ecr_action

process = ecr_action("UntagResource")
