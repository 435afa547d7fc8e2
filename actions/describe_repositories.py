"""Describe Repositories: the repositories of a registry, with their addresses and settings.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeRepositories.html
"""

from lib.component import ecr_action, ecr_metadata

process = ecr_action("DescribeRepositories")
get_meta_model = ecr_metadata("DescribeRepositories")
